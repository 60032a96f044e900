// A template of the size and shape that people write: one of everything.
#ifndef NUBO_TESTS_STACK_TODO_TEMPLATE_H_
#define NUBO_TESTS_STACK_TODO_TEMPLATE_H_

namespace nubo::stack {

inline constexpr char kTodoTemplate[] = R"(AWSTemplateFormatVersion: 2010-09-09
Description: A todo list
Parameters:
  InstanceType: {Type: String, Default: t3.micro, AllowedValues: [t3.micro, t3.small]}
  Size: {Type: Number, Default: 2, MinValue: 1, MaxValue: 10}
Mappings:
  Images:
    us-east-1: {Frontend: ami-frontend, Backend: ami-backend}
Conditions:
  IsLarge: !Not [!Equals [!Ref Size, 1]]
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: 10.0.0.0/16
      EnableDnsHostnames: true
      Tags: [{Key: Name, Value: !Sub "${AWS::StackName}-vpc"}]
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: !Select [0, !Cidr [!GetAtt Vpc.CidrBlock, 2, 8]]
      AvailabilityZone: !Select [0, !GetAZs ""]
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.0.1.0/24
      AvailabilityZone: !Select [1, !GetAZs {Ref: "AWS::Region"}]
  Gateway:
    Type: AWS::EC2::InternetGateway
  Attachment:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}
  Routes:
    Type: AWS::EC2::RouteTable
    Properties: {VpcId: !Ref Vpc}
  DefaultRoute:
    Type: AWS::EC2::Route
    DependsOn: Attachment
    Properties: {RouteTableId: !Ref Routes, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}
  RoutesOfA:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {SubnetId: !Ref SubnetA, RouteTableId: !Ref Routes}
  WebGroup:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: From anywhere
      VpcId: !Ref Vpc
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 80, ToPort: "80", CidrIp: 0.0.0.0/0}
  DataGroup:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: From the web
      VpcId: !Ref Vpc
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 3306, ToPort: 3306, SourceSecurityGroupId: !GetAtt WebGroup.GroupId}
  Database:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    Properties:
      Engine: mysql
      DBInstanceClass: db.t3.micro
      AllocatedStorage: "20"
      DBName: todo
      MasterUsername: todo
      ManageMasterUserPassword: true
      VPCSecurityGroups: [!GetAtt DataGroup.GroupId]
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData:
        ImageId: !FindInMap [Images, !Ref "AWS::Region", Frontend]
        InstanceType: !Ref InstanceType
        SecurityGroupIds: [!Ref WebGroup]
        UserData:
          Fn::Base64: !Sub |
            #!/bin/sh
            export DB=${Database.Endpoint.Address}:${Database.Endpoint.Port}
            echo ${!HOME}
            exec server
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Scheme: internet-facing
      Subnets: [!Ref SubnetA, !Ref SubnetB]
      SecurityGroups: [!Ref WebGroup]
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      VpcId: !Ref Vpc
      Port: 50051
      Protocol: HTTP
      ProtocolVersion: GRPC
      Matcher: {GrpcCode: "0"}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Targets}]
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: "1"
      MaxSize: 4
      DesiredCapacity: !Ref Size
      HealthCheckType: ELB
      HealthCheckGracePeriod: 10
      VPCZoneIdentifier: [!Ref SubnetA, !Ref SubnetB]
      TargetGroupARNs: [!Ref Targets]
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
  Zone:
    Type: AWS::Route53::HostedZone
    Properties: {Name: todo.localhost}
  Record:
    Type: AWS::Route53::RecordSet
    Condition: IsLarge
    Properties:
      HostedZoneId: !Ref Zone
      Name: app.todo.localhost
      Type: A
      AliasTarget:
        DNSName: !GetAtt Balancer.DNSName
        HostedZoneId: !GetAtt Balancer.CanonicalHostedZoneID
Outputs:
  Url: {Value: !Sub "http://${Record}", Condition: IsLarge}
  Secret: {Value: !GetAtt Database.MasterUserSecret.SecretArn, Description: Where the password is}
)";

}  // namespace nubo::stack

#endif  // NUBO_TESTS_STACK_TODO_TEMPLATE_H_
