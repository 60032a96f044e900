#include "nubo/cli/args/verb_details.h"

namespace nubo::cli {
namespace {

struct Details {
  absl::string_view verb;
  absl::string_view text;
};

constexpr Details kDetails[] = {
    {"up", R"(```
image web is ami-0b1c2d3e4f5061728
12:00:03  CREATE_IN_PROGRESS    Vpc                       AWS::EC2::VPC
12:00:03  CREATE_COMPLETE       Vpc                       AWS::EC2::VPC                              vpc-0123456789abcdef0
12:00:05  waiting for i-0123456789abcdef0 is initial
stack test is ready, after 8.4 s
  http://app.shop.localhost:8080/
```

"Serves" means that every target of its target groups is healthy. The template is `$NUBO_DEFAULT_TEMPLATE` if that is set,
else `./template.yaml`, and every directory in `$NUBO_DEFAULT_IMAGES` is imported as an image too.

* A second `up` with the same template and parameters has nothing to do ("No updates are to be performed"): it waits until the
  stack is ready and ends with 0. An image of other content is no change either: instances that run keep the former one, and
  `up` names them; those that replace them, after `nubo terminate`, have the new one.
* An update that deletes or replaces something is shown first. On a terminal `up` asks; elsewhere it ends with 2, having changed
  nothing, unless `--yes` is given. A stack remembers the file it was made from, and the question names it when this is another.
* Instances that still run a former version of their group's launch template are named at the end.
* With an edited template, or other parameters, it updates the stack; `nubo plan` shows how. What has to be replaced gets its
  successor first and goes last, once everything else has moved over. If anything fails, all of it is taken back: `up` ends
  with 1 and the first reason, and the stack is as it was before.
* Parameters that are not given have the template's defaults, in an update too; what its `Nubo::Defaults` names, the region's.
* If a resource of a new stack cannot be made, the stack is rolled back, and the first reason is what `up` ends with. The next `up` removes
  what is left of that attempt by itself.
* What is still waited for when time runs out is named, and nothing is deleted.
* A region that is running keeps its addresses: asking for others is an error, not a restart. `$NUBO_HTTP_ADDRESS` and
  `$NUBO_DNS_ADDRESS` stand for `--http-address` and `--dns-address`.
* A state directory that was made for a stack the region then refused goes again.
* Where this machine does not let instances be isolated, `up` ends with 1 and says why (`nubo doctor` says what would help).
  With `--allow-unisolated` they run all the same, and can then read and change your files.
* Ctrl-C ends the waiting, not the stack.
)"},
    {"plan", R"(```
Stack test would change:
  +/- Targets (AWS::ElasticLoadBalancingV2::TargetGroup, arn:aws:elasticloadbalancing:…)
      Port: 8080 -> 9090  # needs a new resource
  ~   Listener (AWS::ElasticLoadBalancingV2::Listener, arn:aws:elasticloadbalancing:…)
      DefaultActions[0].TargetGroupArn: arn:aws:elasticloadbalancing:… -> (known after apply)
  ~   Group (AWS::AutoScaling::AutoScalingGroup, test-Group-1a2b3c4d)
      DesiredCapacity: 2 -> 4
      TargetGroupARNs[0]: arn:aws:elasticloadbalancing:… -> (known after apply)
0 to add (+), 2 to change in place (~), 1 to replace, the new one first (+/-), 0 to delete (-).
```

Nothing is changed. Values that come from something yet to be made read `(known after apply)`, those of `NoEcho` parameters
`****`. `-o json` gives the change set in CloudFormation's words: actions, replacements, scopes, each property before and after.

Exit codes, as those of `terraform plan -detailed-exitcode`: 0, no updates are to be performed; 2, there are changes; 1, it cannot
be said, be it for wrong input. Without a region, and without anything that one has left behind, everything would be added.
)"},
    {"down", R"(```
12:10:00  DELETE_IN_PROGRESS    Database                  AWS::RDS::DBInstance                       todo-database
12:10:01  DELETE_COMPLETE       Database                  AWS::RDS::DBInstance                       todo-database
stack todo is gone, after 1.2 s; its data is kept in /home/ada/.local/state/nubo/data
```

On a terminal `down` shows what it deletes, and what stays because of its `DeletionPolicy`, and asks; elsewhere, and with `--yes`, it does not.
What stacks left behind keeps the region up: on a terminal `down` asks whether all of it is to go with the last stack; elsewhere it goes
with `--yes` alone.

A region that was killed is started again to take care of what it left. When there is nothing at all, `down` says so and
ends with 0. `--data` also removes what an earlier `down` kept.
)"},
    {"logs",
     R"(`--since` takes a time before now (`90s`, `5m`, `2h`) or one in RFC 3339 (`2030-01-01T12:00:00Z`), as `docker logs` does; times are
known to the second. What an instance printed under an earlier version has no times, and is left out only if nothing was
added to the log since. With `--since` a log begins in its former file, if that is as new; with `--tail` the last lines of it are printed.

A terminal shows what would command it (`^[` for an escape) and does not obey; a file or a pipe gets every byte as it was
printed.
)"},
    {"status", R"(```
ok       region               nubo 0.1.0 is process 4711 since 2030-01-01T12:00:00Z, state in /home/ada/.local/state/nubo
ok       isolation            instances are isolated from this machine and from each other
ok       stack todo           CREATE_COMPLETE, ready
ok       group todo-web       2 of 2 in service
BAD      targets todo-web     1 of 2 healthy; i-0123456789abcdef0 is unhealthy: Target.Timeout
         look at: nubo logs i-0123456789abcdef0
ok       dns                  127.0.0.1:10053 answers
```

Ends with 1 when something is not well, so that a script can wait for it: `until nubo status; do sleep 1; done`.
)"},
    {"get", R"(```
TARGET-GROUP  TARGET               ADDRESS     PORT  ZONE        STATE    IN-FLIGHT  REASON
todo-web      i-0123456789abcdef0  127.44.1.5  8080  us-east-1a  healthy  0          -
```

The singular is understood too. With an id, what has that id, name or address; STACK/LOGICAL-ID does as well. With `-w` the list is
printed again whenever it differs.

`--filter` leaves the choice to the region, as the AWS command line's `--filters Name=…,Values=…`: one of the values has to match, in
which `*` stands for any characters and `?` for one, and every filter that is given. Names are EC2's, as `instance-state-name`, `vpc-id`
or `availability-zone`; a name that a kind does not have is refused with those it has.
)"},
    {"describe", R"(```
Id: todo-database
Type: AWS::RDS::DBInstance
Status: available
StackName: todo
LogicalId: Database
Enforced: false
NotEnforced:
  - MultiAZ
Properties:
  Engine: mysql
```

Its properties are as the template gave them; what the template asks of it that this version accepts but does not enforce
is listed. A name does if only one thing has it.
)"},
    {"events", R"(With `-f` and `-o json` one event is printed a line, with `-o yaml` one a document.
)"},
    {"exec",
     R"(The command runs beside the instance's own program: in its namespaces, with its environment, its directory and its user,
without privileges and without a way to get any. Its exit code is what `nubo exec` ends with; 126 if it cannot be run, 127
if there is no such command, 128 and the signal's number if a signal ended it.

* Run on a terminal, the command gets a terminal of its own; otherwise, or with `-T`, standard input, output and error are
  passed on as they are, so that it works in a pipe.
* It works while the control plane is down: the instance's own watcher is asked.
* It ends with its instance, and with `nubo exec` itself: told to by SIGTERM or SIGHUP, within 10 s.
)"},
    {"stop", R"(```
i-0123456789abcdef0: running -> stopping
```

As EC2's `StopInstances`: all of those named, or, if one is unknown or cannot be stopped, none. It gets 20 seconds to end by
itself, with `--force` none, also if it stops already. A stopped instance keeps its id, its directory and its addresses, is no target
(`unused`, `Target.InvalidState`), is started by nothing but `nubo start`, and goes when it is terminated or its stack is deleted.
Stopping it again changes nothing. What is not running and not stopped is refused with `IncorrectInstanceState`, and what its launch
template protects (`DisableApiStop`) with `OperationNotPermitted`. `nubo protect` does not keep it from being stopped.

A member of a scaling group is held for unhealthy as soon as it is stopped, terminated and replaced; the answer names the group.
)"},
    {"start", R"(```
i-0123456789abcdef0: stopped -> pending
```

All of those named, or none. Starting what runs changes nothing. All that it has written before is in its directory. A script that has
ended with status 0 is not run again; one that was interrupted, or has become a server by `exec`, is. If it cannot be started it is stopped
again, and its state reason says why.
)"},
    {"reboot", R"(```
i-0123456789abcdef0: rebooting
```

All of those named, or none. The instance stays `running`; its processes get 20 seconds to end, and it boots again in the same directory, as
with `nubo start`. With `--wait` it returns when another process runs.
)"},
    {"terminate", R"(```
i-0123456789abcdef0: running -> shutting-down
```

All of those named, by their ids or as STACK/LOGICAL-ID, or, if one is unknown, none. One that is load-balanced is drained first.
)"},
    {"delete", R"(```
i-0123456789abcdef0: DELETE_IN_PROGRESS
```

Such resources belong to no stack any more, and go on: an instance runs, a scaling group replaces its own. `nubo get resources`
and `nubo status` list them, and the region does not end while there are any. What others still need is deleted with them, or
after them; what is protected has to be unprotected first.
)"},
    {"protect", R"(```
i-0123456789abcdef0: protected
```

As AWS's `DisableApiTermination`, `deletion_protection.enabled` and `DeletionProtection`: `nubo terminate`, and deleting the stack,
are refused. A scaling group that replaces an instance is not. The template is not changed, and its next update says how it is to
be again.
)"},
    {"set-desired", R"(```
todo-web: 2 -> 3
```

A number outside of the group's minimum and maximum is refused with AWS's `ValidationError`. The template is not changed.
With `--wait` it returns when so many instances are in service and none is on its way in or out.
)"},
    {"dig", R"(The type is `A` unless given. TCP is taken by itself when an answer was cut short.
)"},
    {"reach", R"(```
eni-0123456789abcdef0 (i-0123456789abcdef0 todo/Web) does not reach eni-0a1b2c3d4e5f60718 (todo-database) by tcp 22
  eni-0123456789abcdef0 (i-0123456789abcdef0 todo/Web)  sends tcp 22 from 10.0.1.5 to 10.0.2.5
  sg-0fedcba9876543210 (web)                            lets it out of eni-0123456789abcdef0 [egress all traffic to 0.0.0.0/0]
  rtb-0123456789abcdef0                                 keeps it within the VPC [10.0.0.0/16 local]
x sg-0123456789abcdef0 (db)                             no rule lets tcp 22 in from 10.0.1.5 to eni-0a1b2c3d4e5f60718; add one
```

The answer comes from routes, gateways, network ACLs and security groups as they are declared, there and back; nothing is sent, and
an instance is taken to answer. Where the region's fabric does not enforce them, a line says so. Every node of a load balancer is
looked at: one that cannot be reached, or cannot reach, is told. [How it decides](guides/networks.md#how-it-decides).

Exit codes: 0, it works; 1, it does not; 2, an end or the port is none.
)"},
    {"explain", R"(```
security group sg-0123456789abcdef0 (db) of vpc-0123456789abcdef0
  lets in
    tcp 3306 from members of sg-0fedcba9876543210 (web): 2 interfaces
  lets out nothing
  of eni-0123456789abcdef0 (todo-database)
```

Rules that say one thing in several ways are told once. Of a VPC it prints a line for each thing that breaks a rule of AWS's or names
what is not there, and ends with 1 if there is any.
)"},
    {"ipam", R"(```
vpc-0123456789abcdef0 todo/Vpc
10.0.0.0/16  65536 addresses, 2 blocks, 0.781% allocated, largest free /17, fragmentation 0.496
├── 10.0.1.0/24  pool, subnet-0123456789abcdef0, free=249, name=todo/SubnetA, zone=us-east-1a
│   ├── 10.0.1.0/30    reserved, AWS
│   ├── 10.0.1.4/32    todo-balancer, public=127.44.1.4
│   ├── 10.0.1.5/32    i-0123456789abcdef0 todo/Web
│   └── 10.0.1.255/32  reserved, AWS
└── 10.0.2.0/24  pool, subnet-0fedcba9876543210, free=251, name=todo/SubnetB, zone=us-east-1b
    ├── 10.0.2.0/30    reserved, AWS
    └── 10.0.2.255/32  reserved, AWS
```

Of one VPC or IPAM pool the free blocks are shown too. With `--svg` each block is drawn to a file of its own: `vpc.svg`, the next `vpc-2.svg`.
Text and picture are bounded however many addresses there are. `-o json` has every block of a space with its owner and tags.
)"},
    {"image",
     R"(The content is copied, so later changes to it count only after importing again. Instances find it below `$NUBO_IMAGE`, and
its `bin/` on their PATH. Prints the image's id.
)"},
    {"simulate",
     R"(A minute of a hundred servers takes a second or two. Every policy meets the same requests; the same file and seed print the same bytes on any day.
[Which policy to choose](guides/balancing-policies.md) is written with it.

```
POLICY                      MEAN    P50     P99     P99.9   IMBALANCE  THROUGHPUT  FAILED
round_robin                 5.16ms  3.58ms  23.7ms  35.6ms  1.04       89938/s     0%
least_outstanding_requests  2.63ms  2.20ms  8.90ms  12.2ms  1.01       89938/s     0%
```

| column | meaning |
| --- | --- |
| MEAN, P50, P99, P99.9 | from a request's arrival to its answer; failed requests do not count |
| IMBALANCE | the busiest server's share of busy time over the mean of all that are alive at the end; 1.00 is even |
| THROUGHPUT, FAILED | successes a second; the share of requests refused, answered with an error, timed out, or without a server |
| MOVED, NEEDLESSLY | if requests carry keys: how many keys went to another server after a change of the set than before; and how many of these moved between two servers that were there before and after |
| HITS | if servers have caches: the share of requests that found their key there |

A scenario is YAML or JSON:

```yaml
description: Two of ten servers die, and come back
duration: 60s
arrivals: {load: 0.6}
service: {distribution: exponential, mean: 10ms}
servers:
- {name: web, count: 10}
target_group:
  health_check: {interval: 2s, timeout: 1s}
events:
- {at: 20s, kill: [web-0, web-1]}
- {at: 40s, recover: [web-0, web-1], cold: 10s}
policies: [round_robin, least_outstanding_requests, join_shortest_queue]
```

| member | meaning |
| --- | --- |
| `duration`, `warm_up` | for how long requests arrive (60s); what of it does not count (a tenth) |
| `seed`, `intervals`, `description` | what chance is drawn from (1); how many parts the run is cut into for the charts (60); a title |
| `arrivals` | `load`, the share of time that the servers there at the beginning are busy, or `rate`, requests a second; `process`: `poisson`, `constant`, or `bursty` with `burst_factor` (5), `burst_share` of the time (0.1) and mean `burst_length` (1s) |
| `service` | how long a request takes at speed 1: `mean` (10ms) and `distribution`: `exponential`, `constant`, `log_normal` with `sigma` (1), `bimodal` with `long_share` (0.1) and `long_factor` (10), `pareto` with `alpha` (2.2) |
| `servers` | a list of groups: `name`, `count` (1; they are called NAME-0, NAME-1, …), `speed` (1), `workers` (requests served at once, 1), `weight` (1), `zone`, `present: false` for those that an event adds |
| `balancers` | how many there are, each with its own view (1) |
| `timeout` | when a request fails; never unless given |
| `in_flight_max` | requests in the system at once (1,000,000); one more fails |
| `keys` | `count` (10,000) and `skew`, Zipf's exponent (0): each request carries a key, which policies that hash use |
| `cache` | `entries` (1,000) that each server remembers, and the `hit_factor` (0.1) that a request for one of them takes of its time |
| `target_group` | health checks and what follows from them, by each balancer for itself: `health_check` with `interval`, `timeout`, `healthy_threshold`, `unhealthy_threshold`; `deregistration_delay`; `minimum_healthy_targets` with `count` and `percentage`, below which requests go to all; `slow_start` with `window`, `aggression`, `fraction_min`; `outlier_detection` with `consecutive_failures`, `interval`, `ejection_time_base`, `ejection_time_max`, `ejection_percent_max`, `success_rate: false`, `failure_percentage: false`; `fail_health_checks: true` if a server that fails requests fails its checks too. Defaults are those of a [target group](guides/lb.md). Without it, all servers that are present are chosen from, dead or not |
| `events` | a list: `at` a time, one of `kill`, `hang`, `fail` (with `share` 1, `error_time` 1ms), `slow` (with `factor` 0.1), `recover` and `add` (with `cold` 0s: a cold server gains from a tenth of its speed evenly), `drain`; each names a server, a group, or a list of them |
| `policies` | names of policies, or `{policy: NAME, name: LABEL}`. Two more to compare with: `central_queue`, one queue for all servers, and `join_shortest_queue`, to the server with the fewest requests of all balancers |

An error names its place, `scenario.yaml:7:12`, and ends the program with 2.
)"},
    {"console", R"(```
http://127.0.0.1:40123/#token=0f1e2d3c4b5a69788796a5b4c3d2e1f0
```

Whoever has that address can see and change everything, so keep it to yourself: the token is new with every start, and the page
is served to this machine alone. Each box opens what there is to know about it, its events and its log; instances are killed
or drained from there, and groups scaled. Ctrl-C ends it; the region goes on.
)"},
    {"doctor", R"(```
ok       isolation            instances are isolated from this machine and from each other
BAD      http 127.0.0.1:8080  taken by nginx (process 812)
         end it, or choose another with: nubo up --http-address 127.0.0.1:8081
warning  databases            mariadbd is not installed: templates with a database will wait for one
         apt-get install mariadb-server-core mariadb-client-core
```

Looks whether instances can be isolated, and at the addresses, open files, disk space, loopback addresses, programs, the state directory and the
clock. Ends with 1 if something would stop `nubo up`.
)"},
    {"serve",
     R"(Its log goes to standard error, and it ends by `nubo down` or a signal. After a signal instances, load balancers, the DNS
server and databases go on; the next region of the same state directory adopts them.

Three more verbs are started by the region and are of no use by hand: `nubo proxy` is one load balancer, `nubo dns` the DNS
server, `nubo metadata` what instances ask at 169.254.169.254.
)"},
    {"completion",
     R"(To have it in every shell: `nubo completion bash > ~/.local/share/bash-completion/completions/nubo`, or
`nubo completion fish > ~/.config/fish/completions/nubo.fish`, or for zsh `_nubo` in a directory of `$fpath`. Instances and
groups are completed too, while a region is running.
)"},
};

constexpr absl::string_view kIntroduction =
    R"(`nubo` is one program. Its verbs talk to a region, which is this program too, running in the background: `nubo up` starts
one, `nubo down` ends it. `./nubo` in a checkout builds the program first and then passes everything on to it.

`nubo help` shows every verb by example, `nubo help VERB` every option of one.

## What holds for every verb

* **State.** A region is known by the directory it keeps its state in: `--state DIRECTORY`, else `$NUBO_STATE`, else
  `$XDG_STATE_HOME/nubo`, else `~/.local/state/nubo`. Two directories are two regions that do not know of each other.
  The path may have 76 bytes, because unix sockets are kept below it. Its permissions are the login: only its owner, and
  root, can command the region. It must be empty or new at first, and this user's: what a region does not know there, it
  removes.
* **Output.** Tables for people: aligned, an upper-case header, `-` for an empty cell; `-o wide` has more columns. `-o json`
  for programs, and `-o yaml`: the region's answer with AWS's names in lowerCamelCase, every field printed even when it is
  empty. What is asked for goes to standard output, everything else to standard error; with `-o json` or `yaml` progress does too.
  Colours appear only on a terminal, and not if `NO_COLOR` is set.
* **Waiting.** Where something takes time, `--wait` returns when it is done, and `--timeout` bounds that (`90s`, `5m`).
* **Errors.** One line that begins with `nubo:` and says what is wrong and what would be right. Where AWS has an error
  code for it, the code comes first.
* **Exit codes.** 0: done. 1: failed. 2: wrong input, and nothing was changed. 130: interrupted by Ctrl-C. `plan` has its own.
)";

}  // namespace

absl::string_view ManualIntroduction() { return kIntroduction; }

absl::string_view VerbDetails(absl::string_view verb) {
  for (const Details& details : kDetails) {
    if (details.verb == verb) return details.text;
  }
  return "";
}

}  // namespace nubo::cli
