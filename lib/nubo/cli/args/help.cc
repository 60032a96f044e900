#include "nubo/cli/args/help.h"

namespace nubo::cli {
namespace {

struct VerbText {
  absl::string_view verb;
  absl::string_view summary;
  absl::string_view examples;
};

constexpr VerbText kVerbs[] = {
    {"up",
     "Makes the stack that a template describes, or changes it to that, and waits until it serves. Starts the region "
     "if none is running.",
     "Examples:\n"
     "  nubo up                                       the default template\n"
     "  nubo up shop/template.yaml                    a stack called shop\n"
     "  nubo up shop/template.yaml --name test --param Instances=3\n"
     "  nubo up shop/template.yaml --image web=build/web\n"
     "  nubo up --follow                              and go on telling what happens\n"},
    {"plan",
     "Shows what up would do: what is added, changed in place, replaced and deleted, with old and new values. Exit "
     "code "
     "0: nothing; 2: something; 1: it cannot be said.",
     "Examples:\n"
     "  nubo plan                                     the default template\n"
     "  nubo plan shop/template.yaml --param Instances=3\n"
     "  nubo plan shop/template.yaml -o json          for programs\n"},
    {"down", "Deletes a stack, and stops the region with its last one. Data is kept unless --data is given.",
     "Examples:\n"
     "  nubo down                  the only stack\n"
     "  nubo down test             one of several\n"
     "  nubo down --data           and the data of its databases\n"
     "  nubo down --yes            and what stacks left behind\n"},
    {"get", "Lists things of one kind.",
     "Examples:\n"
     "  nubo get instances\n"
     "  nubo get instances -o wide --stack todo\n"
     "  nubo get instances --filter instance-state-name=running --filter 'vpc-id=vpc-0123*'\n"
     "  nubo get groups -w         again whenever something differs\n"
     "  nubo get targets -o json | jq '.targets[].state'\n"},
    {"describe", "Tells everything about one thing, named by its id, its name, or STACK/LOGICAL-ID.",
     "Examples:\n"
     "  nubo describe i-0123456789abcdef0\n"
     "  nubo describe todo/Database -o json\n"},
    {"events", "Prints what happened in the region, oldest first.",
     "Examples:\n"
     "  nubo events\n"
     "  nubo events -f             and what happens from now on\n"},
    {"logs", "Prints the log of an instance, a load balancer or a database; \"dns\" is the DNS server.",
     "Examples:\n"
     "  nubo logs i-0123456789abcdef0\n"
     "  nubo logs todo/Balancer -n 20\n"
     "  nubo logs todo/Balancer --since 5m\n"
     "  nubo logs dns -f           and what is added from now on\n"},
    {"stop",
     "Stops instances: their processes end, and what they have written and their addresses stay. A scaling group "
     "replaces its own.",
     "Examples:\n"
     "  nubo stop i-0123456789abcdef0\n"
     "  nubo stop shop/Worker --wait\n"},
    {"start", "Starts instances that were stopped, as they were.",
     "Examples:\n"
     "  nubo start i-0123456789abcdef0\n"
     "  nubo start shop/Worker --wait\n"},
    {"reboot", "Ends the processes of instances and starts them again, with the same files and addresses.",
     "Examples:\n"
     "  nubo reboot i-0123456789abcdef0\n"
     "  nubo reboot shop/Worker --wait\n"},
    {"terminate", "Terminates instances. A scaling group replaces its own.",
     "Examples:\n"
     "  nubo terminate i-0123456789abcdef0\n"
     "  nubo terminate i-0123456789abcdef0 i-0fedcba9876543210 --wait\n"},
    {"delete", "Deletes what a stack left behind, because its DeletionPolicy or UpdateReplacePolicy says Retain.",
     "Examples:\n"
     "  nubo delete i-0123456789abcdef0\n"
     "  nubo delete shop/Database shop/Vpc --wait\n"},
    {"protect",
     "Protects instances from being terminated, load balancers and databases from being deleted; or takes the "
     "protection off.",
     "Examples:\n"
     "  nubo protect i-0123456789abcdef0\n"
     "  nubo protect shop-database --off\n"
     "  nubo protect i-0123456789abcdef0 --scale-in    from its scaling group alone\n"},
    {"set-desired", "Sets how many instances a scaling group is to have, between its minimum and its maximum.",
     "Examples:\n"
     "  nubo set-desired todo/WebGroup 3\n"
     "  nubo set-desired todo/WebGroup 3 --wait --timeout 2m\n"},
    {"exec", "Runs a command inside an instance, as its own program runs there.",
     "Examples:\n"
     "  nubo exec i-0123456789abcdef0 -- ps aux\n"
     "  nubo exec i-0123456789abcdef0 -- bash\n"
     "  nubo exec i-0123456789abcdef0 -- sh -c env | sort\n"},
    {"status", "Tells on one screen whether the region and everything in it is well.",
     "Examples:\n"
     "  nubo status\n"
     "  nubo status -o json | jq .ok\n"},
    {"console", "Serves a page that draws the running region, live, and prints its address.",
     "Examples:\n"
     "  nubo console\n"
     "  nubo console --address 127.0.0.1:10080\n"},
    {"doctor", "Tells what on this machine is missing or in the way, and what to do about it.",
     "Examples:\n"
     "  nubo doctor\n"
     "  nubo doctor --http-address 127.0.0.1:8081\n"},
    {"completion", "Prints a script that completes verbs, options and names in a shell.",
     "Examples:\n"
     "  nubo completion bash\n"
     "  nubo completion zsh\n"
     "  nubo completion fish\n"},
    {"dig", "Asks a DNS server, the region's own unless told otherwise.",
     "Examples:\n"
     "  nubo dig app.todo.localhost\n"
     "  nubo dig todo.example SOA --tcp\n"
     "  nubo dig nubo.test A --server 127.0.0.1:53\n"},
    {"reach",
     "Tells whether a connection works, by what is declared: its path hop by hop, or what stops it and what would be "
     "right.",
     "Examples:\n"
     "  nubo reach internet todo/Balancer 80\n"
     "  nubo reach i-0123456789abcdef0 todo-database 3306\n"
     "  nubo reach todo/Web 8.8.8.8 udp:53\n"
     "  nubo reach 10.0.1.5 10.0.2.5               ping\n"},
    {"explain",
     "Tells what a security group, a network ACL or an interface lets through; of a VPC, what is wrong in it.",
     "Examples:\n"
     "  nubo explain sg-0123456789abcdef0\n"
     "  nubo explain todo/Web                      what can reach it, and what it can reach\n"
     "  nubo explain todo/Vpc                      blackholes, overlaps, rules that let nobody through\n"},
    {"ipam", "Shows address spaces: which blocks are taken, by whom, and what is free.",
     "Examples:\n"
     "  nubo ipam                                  every VPC and IPAM pool, and the elastic addresses\n"
     "  nubo ipam todo/Vpc                         with what is free in it\n"
     "  nubo ipam todo/Vpc --svg vpc.svg           and draw it\n"},
    {"image",
     "Imports a directory as an image that instances are launched from. A program in its bin/ is on their PATH.",
     "Examples:\n"
     "  nubo image import web build/web\n"
     "  nubo image list\n"},
    {"simulate", "Simulates balancing policies against a scenario, in virtual time: no region is needed.",
     "Examples:\n"
     "  nubo simulate lb scenario.yaml\n"
     "  nubo simulate lb scenario.yaml --html report.html\n"
     "  nubo simulate lb scenario.yaml --seed 7 -o json | jq '.policies[].p99Ms'\n"},
    {"serve", "Runs the region in the foreground. `nubo up` starts one in the background by itself.",
     "Examples:\n"
     "  nubo serve\n"
     "  nubo serve --state /tmp/region --http-address 127.0.0.1:8081 --dns-address 127.0.0.1:10054\n"},
    {"version", "Prints the version.", "Examples:\n  nubo version\n"},
    {"help", "Explains a verb, or prints the guide or the manual page.",
     "Examples:\n"
     "  nubo help up\n"
     "  nubo help --markdown\n"
     "  nubo help --man\n"},
    {"proxy", "Runs one load balancer. The region starts it; it takes its configuration from the control socket.",
     "Examples:\n  nubo proxy --control /tmp/region/run/lb.sock\n"},
    {"dns", "Runs the DNS server. The region starts it; it takes its configuration from the control socket.",
     "Examples:\n  nubo dns --control /tmp/region/run/dns.sock --listen 127.0.0.1:10053\n"},
    {"network",
     "Holds the networks of a region's instances. The region starts it, in namespaces of its own; it takes its "
     "configuration from the control socket.",
     "Examples:\n  nubo network --control /tmp/region/run/network.sock --join /tmp/region/run/join\n"},
    {"metadata",
     "Runs the instance metadata service. The region starts it; it takes its configuration from the control socket.",
     "Examples:\n  nubo metadata --control /tmp/region/run/metadata.sock\n"},
};

const VerbText* Find(absl::string_view verb) {
  for (const VerbText& text : kVerbs) {
    if (text.verb == verb) return &text;
  }
  return nullptr;
}

}  // namespace

absl::string_view ShortHelp() {
  return "nubo: a small private cloud region on this machine\n"
         "\n"
         "Bring an architecture up, and take it down:\n"
         "  nubo up                        the default template; waits until it serves\n"
         "  nubo up shop/template.yaml     your own\n"
         "  nubo plan shop/template.yaml   what up would change\n"
         "  nubo down                      delete the stack, keep its data\n"
         "\n"
         "See what is there:\n"
         "  nubo status                    whether all is well, on one screen\n"
         "  nubo console                   a page that draws it, live\n"
         "  nubo get instances             or stacks, resources, groups, load-balancers, target-groups, targets,\n"
         "                                 zones, records, vpcs, subnets, databases, events, images\n"
         "  nubo get targets -o json       for programs\n"
         "  nubo describe i-0123…          everything about one thing\n"
         "  nubo events -f                 what happens, as it happens\n"
         "  nubo logs i-0123… -f           what an instance writes\n"
         "  nubo dig app.todo.localhost    ask the region's DNS\n"
         "  nubo reach FROM TO 80          whether a connection works, and what stops it\n"
         "  nubo explain ID                what a security group or a network ACL lets through\n"
         "  nubo ipam                      who has which addresses\n"
         "\n"
         "Try it:\n"
         "  nubo terminate i-0123…         and watch it being replaced\n"
         "  nubo stop i-0123…              without a process it keeps its files and address\n"
         "  nubo start i-0123…             and goes on with them\n"
         "  nubo reboot i-0123…            both at once\n"
         "  nubo set-desired GROUP 3       more instances, or fewer\n"
         "  nubo exec i-0123… -- bash      look around inside one\n"
         "  nubo protect i-0123…           none of these may end it\n"
         "\n"
         "More:\n"
         "  nubo doctor                    what on this machine is missing or in the way\n"
         "  nubo image import NAME DIR     a directory as an image\n"
         "  nubo delete ID                 what a stack left behind\n"
         "  nubo simulate lb FILE          balancing policies against a scenario, in virtual time\n"
         "  nubo serve                     the region in the foreground\n"
         "  nubo completion bash           or zsh, fish: completion for your shell\n"
         "  nubo version\n"
         "  nubo help VERB                 every option of a verb\n";
}

absl::string_view VerbSummary(absl::string_view verb) {
  const VerbText* text = Find(verb);
  return text == nullptr ? "" : text->summary;
}

absl::string_view VerbExamples(absl::string_view verb) {
  const VerbText* text = Find(verb);
  return text == nullptr ? "" : text->examples;
}

}  // namespace nubo::cli
