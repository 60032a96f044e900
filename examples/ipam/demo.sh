ipam init company.pool 10.0.0.0/16
ipam reserve company.pool 10.0.0.0/24 --owner routers
ipam allocate company.pool 20 --owner data
ipam allocate company.pool 24 --owner web
ipam claim company.pool 10.0.0.7/32 --owner vpn
ipam free company.pool 10.0.16.0/20
ipam show company.pool
cat company.pool
