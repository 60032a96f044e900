// User data of every form, and what an instance does with them.
#include <zlib.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nubo/boot/gunzip.h"
#include "nubo/boot/reader.h"
#include "nubo/ec2/boot_plan.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::boot {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

std::string Gzip(const std::string& text) {
  z_stream stream = {};
  BOOST_REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  BOOST_REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// A line for each thing that is done, in no more words than needed.
std::string Describe(const ec2::BootPlan& plan) {
  std::string out;
  for (const auto& hook : plan.boothooks)
    absl::StrAppend(&out, "hook ", hook.name, " ", absl::CEscape(hook.text), "\n");
  for (const auto& line : plan.bootcmd) absl::StrAppend(&out, "bootcmd ", absl::CEscape(line), "\n");
  for (const auto& file : plan.files) {
    absl::StrAppend(&out, "file ", file.path, absl::StrFormat(" %o", file.mode), file.append ? " append" : "",
                    file.deferred ? " deferred" : "", " ", absl::CEscape(file.content), "\n");
  }
  if (!plan.hostname.empty()) absl::StrAppend(&out, "hostname ", plan.hostname, "\n");
  for (const auto& script : plan.boot_scripts) {
    absl::StrAppend(&out, "each boot ", script.name, " ", absl::CEscape(script.text), "\n");
  }
  for (const auto& script : plan.scripts) {
    absl::StrAppend(&out, "script ", script.name, " ", absl::CEscape(script.text), "\n");
  }
  for (const auto& finding : plan.findings) absl::StrAppend(&out, ec2::ToString(finding), "\n");
  return out;
}

std::string PlanOf(const std::string& user_data) {
  const auto plan = ReadUserData(user_data);
  return plan.ok() ? Describe(*plan) : plan.status().ToString();
}

struct Case {
  std::string name;
  std::string input;
  std::string plan;
};

std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name; }

constexpr char kNothing[] =
    "1:1: ignored: it is neither a script (#!) nor #cloud-config, #cloud-boothook or a MIME message, so that nothing "
    "is done\n";

const std::vector<Case> kForms = {
    {"nothing", "", ""},
    {"blanks", " \n\t\n", ""},
    {"script", "#!/bin/sh\necho hi\n", "script part-001 #!/bin/sh\\necho hi\\n\n"},
    {"script in another language", "#!/usr/bin/env python3\nprint()\n",
     "script part-001 #!/usr/bin/env python3\\nprint()\\n\n"},
    {"script with CRLF", "#!/bin/sh\r\necho hi\r\n", "script part-001 #!/bin/sh\\necho hi\\n\n"},
    {"script with NUL bytes", std::string("#!/bin/sh\nexit 0\n\0\1", 19),
     "script part-001 #!/bin/sh\\nexit 0\\n\\000\\001\n"},
    {"blanks before a script", "\n#!/bin/sh\n",
     "1:1: refused: a script begins with #!, and there are blanks before it\n"},
    {"plain text", "hello\n", kNothing},
    {"a NUL", std::string("\0", 1), kNothing},
    {"binary",
     "\x7f"
     "ELF\x02",
     kNothing},
    {"byte order mark", "\xEF\xBB\xBF#!/bin/sh\n", kNothing},
    {"boothook", "#cloud-boothook\n#!/bin/bash\necho\n", "hook part-001 #!/bin/bash\\necho\\n\n"},
    {"boothook without interpreter", "#cloud-boothook\necho\n", "hook part-001 #!/bin/sh\\necho\\n\n"},
    {"empty boothook", "#cloud-boothook\n", ""},
    {"include", "#include\nhttp://example.com/x\n",
     "1:1: refused: #include: what stands at other addresses is not fetched; put it into the user data\n"},
    {"include once", "#include-once http://example.com/x\n",
     "1:1: refused: #include: what stands at other addresses is not fetched; put it into the user data\n"},
    {"archive", "#cloud-config-archive\n- x\n",
     "1:1: refused: #cloud-config-archive is not read; use a MIME multi-part message\n"},
    {"part handler", "#part-handler\ndef x\n", "1:1: refused: #part-handler: handlers of parts are not run\n"},
    {"upstart", "#upstart-job\n", "1:1: refused: #upstart-job: there is no init system to start it\n"},
    {"jinja", "## template: jinja\n#cloud-config\n", "1:1: refused: templates (## template: jinja) are not rendered\n"},
    {"Windows", "<powershell>\n</powershell>\n", "1:1: refused: scripts for Windows cannot run here\n"},
    {"gzip", Gzip("#!/bin/sh\necho hi\n"), "script part-001 #!/bin/sh\\necho hi\\n\n"},
    {"gzip in two members", Gzip("#!/bin/sh\n") + Gzip("echo hi\n"), "script part-001 #!/bin/sh\\necho hi\\n\n"},
    {"gzip of nothing", Gzip(""), ""},
    {"gzip cut off", Gzip("#!/bin/sh\necho hi\n").substr(0, 25), "refused: gzip: it is cut off\n"},
    {"gzip with a wrong sum",
     [] {
       std::string bytes = Gzip("#!/bin/sh\n");
       bytes[bytes.size() - 6] ^= 1;
       return bytes;
     }(),
     "refused: gzip: it is damaged, or none at all\n"},
    {"gzip and more", Gzip("#!/bin/sh\n") + "more", "refused: gzip: it is damaged, or none at all\n"},
    {"gzip within gzip", Gzip(Gzip("#!/bin/sh\n")), "script part-001 #!/bin/sh\\n\n"},
    {"a bomb", Gzip(std::string(10 << 20, 'x')), "refused: gzip: it expands to more than the 1048576 bytes allowed\n"},
};

std::string Multipart(const std::string& parts, const std::string& end = "--//--\n") {
  return absl::StrCat("Content-Type: multipart/mixed; boundary=\"//\"\nMIME-Version: 1.0\n\n", parts, end);
}

std::string Nested(int depth) {
  if (depth == 0) return "Content-Type: text/x-shellscript\n\n#!/bin/sh\n";
  const std::string boundary = absl::StrCat("b", depth, "e");
  return absl::StrCat("Content-Type: multipart/mixed; boundary=", boundary, "\n\n--", boundary, "\n", Nested(depth - 1),
                      "\n--", boundary, "--\n");
}

const std::vector<Case> kMessages = {
    {"two parts",
     Multipart("--//\nContent-Type: text/cloud-config; charset=\"us-ascii\"\nMIME-Version: 1.0\n"
               "Content-Transfer-Encoding: 7bit\nContent-Disposition: attachment; filename=\"cloud-config.txt\"\n\n"
               "#cloud-config\ncloud_final_modules:\n- [scripts-user, always]\n\n"
               "--//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\nContent-Disposition: attachment; "
               "filename=\"userdata.txt\"\n\n#!/bin/bash\necho hi\n"),
     "script userdata.txt #!/bin/bash\\necho hi\n"
     "cloud-config.txt 11:1: not enforced: cloud_final_modules: the order of what is done is fixed\n"},
    {"CRLF",
     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
     "Content-Type: text/x-shellscript\r\n\r\n#!/bin/sh\r\necho\r\n--x--\r\n",
     "script part-001 #!/bin/sh\\necho\n"},
    {"no end", Multipart("--//\nContent-Type: text/x-shellscript\n\n#!/bin/sh\necho\n", ""),
     "script part-001 #!/bin/sh\\necho\\n\n"},
    {"preamble and epilogue", Multipart("ignored\n--//\n\n#!/bin/sh\necho\n") + "#!/bin/sh\nnever\n",
     "script part-001 #!/bin/sh\\necho\n"},
    {"type by its beginning", Multipart("--//\nContent-Type: text/x-shellscript\n\n#cloud-config\nhostname: a\n"),
     "hostname a\n"},
    {"config without its line", Multipart("--//\nContent-Type: text/cloud-config\n\nhostname: a\n"), "hostname a\n"},
    {"a script without #!", Multipart("--//\nContent-Type: text/x-shellscript\n\necho\n"),
     "part-001 7:1: refused: a script begins with #!\n"},
    {"no boundary", "MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n#!/bin/sh\n",
     "part-001 1:1: refused: a multipart has no boundary\n"},
    {"a boundary that never comes", Multipart("--x\n\n#!/bin/sh\n", ""),
     "part-001 1:1: refused: no line is its multipart's boundary --//\n"},
    {"a line that only begins as the boundary", Multipart("--//\n\n#!/bin/sh\n--//x\n"),
     "script part-001 #!/bin/sh\\n--//x\n"},
    {"boundary with blanks after it", Multipart("--// \t\n\n#!/bin/sh\n"), "script part-001 #!/bin/sh\n"},
    {"headers alone", Multipart("--//\nContent-Type: text/x-shellscript\n"), ""},
    {"no parts", Multipart("--//\n"), ""},
    {"one part without multipart", "MIME-Version: 1.0\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n",
     "script part-001 #!/bin/sh\\n\n"},
    {"a script that speaks of MIME", "#!/bin/sh\necho 'MIME-Version: 1.0'\n",
     "script part-001 #!/bin/sh\\necho \\'MIME-Version: 1.0\\'\\n\n"},
    {"blank line first", "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n",
     "part-001 2:1: ignored: a MIME message has the header MIME-Version in its first 4,096 bytes\n"},
    {"no MIME-Version", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\n#!/bin/sh\n--x--\n",
     "1:1: ignored: a MIME message has the header MIME-Version in its first 4,096 bytes\n"},
    {"folded header", "MIME-Version: 1.0\nContent-Type: multipart/mixed;\n\tboundary=x\n\n--x\n\n#!/bin/sh\n--x--\n",
     "script part-001 #!/bin/sh\n"},
    {"type in capitals", Multipart("--//\nCONTENT-TYPE: Text/X-ShellScript\n\n#!/bin/sh\n"),
     "script part-001 #!/bin/sh\n"},
    {"base64",
     Multipart("--//\nContent-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n" +
               absl::Base64Escape("#!/bin/sh\necho\n") + "\n"),
     "script part-001 #!/bin/sh\\necho\\n\n"},
    {"bad base64", Multipart("--//\nContent-Transfer-Encoding: base64\n\n*!*\n"),
     "part-001 7:1: refused: its transfer encoding says base64, and its content is none\n"},
    {"quoted-printable",
     Multipart("--//\nContent-Transfer-Encoding: Quoted-Printable\n\n#!/bin/sh\necho =3D =\nx =zz=4\n"),
     "script part-001 #!/bin/sh\\necho = x =zz=4\n"},
    {"uuencode", Multipart("--//\nContent-Transfer-Encoding: x-uuencode\n\nbegin\n"),
     "part-001 7:1: refused: the transfer encoding uuencode is not read; use base64\n"},
    {"gzip in base64",
     Multipart("--//\nContent-Type: application/x-gzip\nContent-Transfer-Encoding: base64\n\n" +
               absl::Base64Escape(Gzip("#cloud-config\npackages: [x]\n")) + "\n"),
     "part-001 2:1: not enforced: packages: nothing is installed from the net; put it into the image\n"},
    {"gzip around a message", Gzip(Multipart("--//\n\n#!/bin/sh\n")), "script part-001 #!/bin/sh\n"},
    {"no gzip where it says so", Multipart("--//\nContent-Type: application/gzip\n\nhello\n"),
     "part-001 7:1: refused: gzip: it is damaged, or none at all\n"},
    {"nested", "MIME-Version: 1.0\n" + Nested(3), "script part-001 #!/bin/sh\\n\n"},
    {"nested too deep", "MIME-Version: 1.0\n" + Nested(12), "part-001 35:1: refused: parts nest more than 10 deep\n"},
    {"order is that of the names",
     Multipart("--//\nContent-Disposition: attachment; filename=\"b.sh\"\n\n#!/bin/sh\nb\n"
               "--//\nContent-Disposition: attachment; filename=a.sh\n\n#!/bin/sh\na\n"
               "--//\n\n#cloud-config\nruncmd: [c]\n--//\nContent-Type: text/plain; name=z\n\n#!/bin/sh\nz\n"),
     "script a.sh #!/bin/sh\\na\nscript b.sh #!/bin/sh\\nb\nscript runcmd #!/bin/sh\\nc\\n\nscript z #!/bin/sh\\nz\n"},
    {"names are plain",
     Multipart("--//\nContent-Disposition: attachment; filename=\"../../etc/passwd\"\n\n#!/bin/sh\na\n"
               "--//\nContent-Disposition: attachment; filename=\"..\"\n\n#!/bin/sh\nb\n"
               "--//\nContent-Disposition: attachment; filename=\"a b\\\";$(x)\"\n\n#!/bin/sh\nc\n"),
     "script _.._etc_passwd #!/bin/sh\\na\nscript abx #!/bin/sh\\nc\nscript part-002 #!/bin/sh\\nb\n"},
    {"the same name twice",
     Multipart("--//\nContent-Type: text/plain; name=a\n\n#!/bin/sh\n1\n--//\nContent-Type: text/plain; "
               "name=a\n\n#!/bin/sh\n2\n"),
     "script a #!/bin/sh\\n2\n"},
    {"boothooks and scripts for each boot",
     Multipart("--//\nContent-Type: text/cloud-boothook\n\necho hook\n"
               "--//\nContent-Type: text/x-shellscript-per-boot\n\n#!/bin/sh\nboot\n"
               "--//\nContent-Type: text/x-shellscript-per-instance\n\n#!/bin/sh\nonce\n"),
     "hook part-001 #!/bin/sh\\necho hook\neach boot part-002 #!/bin/sh\\nboot\nscript part-003 #!/bin/sh\\nonce\n"},
    {"types that nothing reads",
     Multipart("--//\nContent-Type: image/png\n\nx\n--//\nContent-Type: text/x-shellscript-per-moon\n\n#!/bin/sh\n"),
     "part-001 7:1: ignored: nothing reads parts of type image/png\n"
     "part-002 11:1: ignored: nothing reads parts of type text/x-shellscript-per-moon\n"},
    {"include among parts", Multipart("--//\nContent-Type: text/x-include-url\n\nhttp://x\n--//\n\n#!/bin/sh\n"),
     "script part-002 #!/bin/sh\n"
     "part-001 7:1: refused: #include: what stands at other addresses is not fetched; put it into the user data\n"},
    {"two configs, the later counts",
     Multipart("--//\nContent-Type: text/cloud-config\n\nruncmd: [a]\nbootcmd: [b]\n"
               "--//\nContent-Type: text/cloud-config\n\nruncmd: [c]\n"),
     "bootcmd b\nscript runcmd #!/bin/sh\\nc\\n\n"},
    {"two configs that append",
     Multipart("--//\nContent-Type: text/cloud-config\n\nruncmd: [a]\n--//\nContent-Type: text/cloud-config\n"
               "Merge-Type: list(append)+dict(recurse_array)+str()\n\nruncmd: [c]\n"
               "--//\nContent-Type: text/cloud-config\n\nruncmd: [d]\nmerge_how:\n- name: list\n  settings: "
               "[append]\n"),
     "script runcmd #!/bin/sh\\na\\nc\\nd\\n\n"},
};

constexpr char kConfig[] = "#cloud-config\n";

const std::vector<Case> kConfigs = {
    {"empty", kConfig, ""},
    {"a list", "#cloud-config\n- a\n", "2:1: refused: a #cloud-config is a map\n"},
    {"a text", "#cloud-config\nhello\n", "2:1: refused: a #cloud-config is a map\n"},
    {"not YAML", "#cloud-config\na: [\n", "3:1: refused: YAML not well-formed: end of sequence flow not found\n"},
    {"a tab", "#cloud-config\na:\n\t- b\n", "3:2: refused: YAML not well-formed: illegal block entry\n"},
    {"a NUL", std::string("#cloud-config\nhostname: a\n\0", 27),
     "3:1: refused: control character 0 is not allowed in YAML\n"},
    {"runcmd in both forms", "#cloud-config\nruncmd:\n- echo $HOME > x\n- [ls, -l, \"it's\"]\n-\n- [chmod, 0644, x]\n",
     "script runcmd #!/bin/sh\\necho $HOME > x\\n\\'ls\\' \\'-l\\' \\'it\\'\\\\\\'\\'s\\'\\n\\'chmod\\' \\'0644\\' "
     "\\'x\\'\\n\n"},
    {"runcmd in several lines", "#cloud-config\nruncmd:\n- |\n  if true; then\n    echo\n  fi\n",
     "script runcmd #!/bin/sh\\nif true; then\\n  echo\\nfi\\n\\n\n"},
    {"runcmd that is a map", "#cloud-config\nruncmd:\n- echo a: b\n",
     "3:3: refused: runcmd: a command with a colon and a blank is a map in YAML; quote it; none of the list is run\n"},
    {"runcmd that is no list", "#cloud-config\nruncmd: echo\n", "2:9: refused: runcmd: is a list of commands\n"},
    {"runcmd with a list in a list", "#cloud-config\nruncmd:\n- [a, [b]]\n",
     "3:3: refused: runcmd: the words of a command are texts; none of the list is run\n"},
    {"runcmd of nothing", "#cloud-config\nruncmd:\n", ""},
    {"bootcmd", "#cloud-config\nbootcmd:\n- a\n- [b, c]\n", "bootcmd a\nbootcmd \\'b\\' \\'c\\'\n"},
    {"hostname", "#cloud-config\nhostname: web\nfqdn: other.example.com\n", "hostname web\n"},
    {"fqdn", "#cloud-config\nfqdn: web.example.com\n", "hostname web\n"},
    {"hostname kept", "#cloud-config\nhostname: web\npreserve_hostname: true\n", ""},
    {"bad hostname", "#cloud-config\nhostname: \"a;reboot\"\n",
     "2:11: refused: hostname: is no name of a host (RFC 1123)\n"},
    {"a file",
     "#cloud-config\nwrite_files:\n- path: /etc/a\n  content: |\n    x\n  permissions: '0600'\n  owner: root:root\n",
     "file /etc/a 600 x\\n\n"},
    {"a file without content", "#cloud-config\nwrite_files: [{path: /a}]\n", "file /a 644 \n"},
    {"append and defer", "#cloud-config\nwrite_files: [{path: /a, content: x, append: true, defer: yes}]\n",
     "file /a 644 append deferred x\n"},
    {"base64", "#cloud-config\nwrite_files: [{path: /a, encoding: b64, content: aGkA}]\n", "file /a 644 hi\\000\n"},
    {"binary", "#cloud-config\nwrite_files: [{path: /a, content: !!binary aGkA}]\n", "file /a 644 hi\\000\n"},
    {"gzip",
     "#cloud-config\nwrite_files: [{path: /a, encoding: gz+base64, content: " + absl::Base64Escape(Gzip("hi")) + "}]\n",
     "file /a 644 hi\n"},
    {"gzip of binary",
     "#cloud-config\nwrite_files: [{path: /a, encoding: gzip, content: !!binary " + absl::Base64Escape(Gzip("hi")) +
         "}]\n",
     "file /a 644 hi\n"},
    {"bad base64", "#cloud-config\nwrite_files: [{path: /a, encoding: b64, content: \"*\"}]\n",
     "2:50: refused: write_files: its content is not base64\n"},
    {"bad gzip", "#cloud-config\nwrite_files: [{path: /a, encoding: gzip, content: hello}]\n",
     "2:51: refused: write_files: gzip: it is damaged, or none at all\n"},
    {"a bomb",
     "#cloud-config\nwrite_files: [{path: /a, encoding: gz+b64, content: " +
         absl::Base64Escape(Gzip(std::string(2 << 20, 'x'))) + "}]\n",
     "2:53: refused: write_files: gzip: it expands to more than the 1048576 bytes allowed\n"},
    {"unknown encoding", "#cloud-config\nwrite_files: [{path: /a, encoding: rot13, content: x}]\n",
     "file /a 644 x\n2:36: ignored: write_files: the encoding rot13 is none, and the content is taken as it is\n"},
    {"a path that climbs", "#cloud-config\nwrite_files: [{path: ../../etc/./passwd}, {path: /a//b/../c}]\n",
     "file /etc/passwd 644 \nfile /a/c 644 \n"},
    {"a path that is a directory", "#cloud-config\nwrite_files: [{path: /a/}, {path: /..}, {path: /}]\n",
     "2:22: refused: write_files: the path is a directory's\n2:35: refused: write_files: the path is a directory's\n"
     "2:48: refused: write_files: the path is a directory's\n"},
    {"a path with a NUL", "#cloud-config\nwrite_files: [{path: \"/a\\0b\"}]\n",
     "2:22: refused: write_files: a path holds no NUL\n"},
    {"no path", "#cloud-config\nwrite_files: [{content: x}, y]\n",
     "2:15: refused: write_files: a file has no path\n2:29: refused: write_files: each is a map with a path\n"},
    {"another owner", "#cloud-config\nwrite_files: [{path: /a, owner: 'nginx:nginx'}]\n",
     "2:33: refused: write_files: owner nginx:nginx: an instance has one user, its own, which root:root stands for\n"},
    {"permissions",
     "#cloud-config\nwrite_files: [{path: /a, permissions: 0755}, {path: /b, permissions: '755'}, {path: "
     "/c, permissions: 0o600}]\n",
     "file /a 755 \nfile /b 755 \nfile /c 600 \n"},
    {"permissions that are decimal", "#cloud-config\nwrite_files: [{path: /a, permissions: 644}]\n",
     "2:39: refused: write_files: permissions 644 without quotes are a decimal number; write \"0644\"\n"},
    {"permissions that are none",
     "#cloud-config\nwrite_files: [{path: /a, permissions: u=rw}, {path: /b, permissions: '17777'}]\n",
     "2:39: refused: write_files: permissions are an octal number like \"0644\"\n"
     "2:70: refused: write_files: permissions are at most \"7777\"\n"},
    {"content that is a map", "#cloud-config\nwrite_files: [{path: /a, content: {b: c}}]\n",
     "2:35: refused: write_files: content is a text\n"},
    {"a source", "#cloud-config\nwrite_files: [{path: /a, source: {uri: http://x}}]\n",
     "2:34: refused: write_files: source: what stands at other addresses is not fetched\n"},
    {"a field of no file", "#cloud-config\nwrite_files: [{path: /a, mode: x}]\n",
     "file /a 644 \n2:26: ignored: write_files: nothing reads mode\n"},
    {"users", "#cloud-config\nusers:\n- name: a\n", "2:1: refused: users: an instance has one user, its own\n"},
    {"packages", "#cloud-config\npackages:\n- nginx\npackage_update: true\npackage_upgrade: false\n",
     "2:1: not enforced: packages: nothing is installed from the net; put it into the image\n"
     "4:1: not enforced: package_update: nothing is installed from the net; put it into the image\n"},
    {"power_state", "#cloud-config\npower_state: {mode: reboot}\n",
     "2:1: refused: power_state: an instance is stopped and rebooted from outside\n"},
    {"disks and keys", "#cloud-config\nmounts: [[a, b]]\nssh_authorized_keys: [k]\n",
     "2:1: refused: mounts: an instance has a directory, and no disks to divide or mount\n"
     "3:1: refused: ssh_authorized_keys: there is no SSH server; use nubo exec\n"},
    {"an unknown key", "#cloud-config\nrun_cmd: [a]\n", "2:1: ignored: run_cmd: nothing reads this key\n"},
    {"a key twice", "#cloud-config\nruncmd: [a]\nruncmd: [b]\n",
     "script runcmd #!/bin/sh\\nb\\n\n3:1: ignored: runcmd is there a second time, and the last one counts\n"},
    {"an alias", "#cloud-config\nruncmd: [&a x, *a]\n", "script runcmd #!/bin/sh\\nx\\nx\\n\n"},
    {"an alias within itself", "#cloud-config\nruncmd: &a [*a]\n",
     "2:13: refused: an alias stands within what it names\n"},
    {"a billion laughs",
     "#cloud-config\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c "
     "[*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
     "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
     "6:26: refused: it is too large\n"},
    {"deep", "#cloud-config\nruncmd: " + std::string(100, '[') + std::string(100, ']') + "\n",
     "2:72: refused: it nests more than 64 deep\n"},
    {"JSON", "#cloud-config\n{\"runcmd\": [[\"a\", \"b\"]]}\n", "script runcmd #!/bin/sh\\n\\'a\\' \\'b\\'\\n\n"},
    {"CRLF", "#cloud-config\r\nruncmd:\r\n- a\r\n- b\r\n", "script runcmd #!/bin/sh\\na\\nb\\n\n"},
    {"in capitals and after blanks", "\n #Cloud-Config\nhostname: a\n", "hostname a\n"},
};

BOOST_AUTO_TEST_SUITE(user_data)

BOOST_DATA_TEST_CASE(forms, kForms) { BOOST_TEST(PlanOf(sample.input) == sample.plan); }

BOOST_DATA_TEST_CASE(messages, kMessages) { BOOST_TEST(PlanOf(sample.input) == sample.plan); }

BOOST_DATA_TEST_CASE(configs, kConfigs) { BOOST_TEST(PlanOf(sample.input) == sample.plan); }

BOOST_AUTO_TEST_CASE(more_than_16_kb_are_refused) {
  BOOST_TEST(IsOk(ReadUserData("#!/bin/sh\n" + std::string(16374, '#'))));
  BOOST_TEST(StatusIs(ReadUserData("#!/bin/sh\n" + std::string(16375, '#')), absl::StatusCode::kInvalidArgument,
                      "16385 bytes decoded; at most 16384"));
}

BOOST_AUTO_TEST_CASE(a_thousand_parts_are_too_many) {
  const auto plan = ReadUserData(Gzip(Multipart(Repeat("--//\n\n#!/bin/sh\n", 1000))));
  BOOST_REQUIRE(IsOk(plan));
  BOOST_TEST(plan->scripts.size() == 199u);
  BOOST_REQUIRE(plan->findings.size() == 1u);
  BOOST_TEST(ec2::ToString(plan->findings[0]) == "part-200: refused: there are more than 199 parts");
}

BOOST_AUTO_TEST_CASE(a_thousand_nested_parts_end_at_the_first_too_deep) {
  const auto plan = ReadUserData(Gzip("MIME-Version: 1.0\n" + Nested(1000)));
  BOOST_REQUIRE(IsOk(plan));
  BOOST_TEST(plan->scripts.empty());
  BOOST_TEST(plan->findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(all_that_is_compressed_shares_one_bound) {
  const std::string half = Gzip("#!/bin/sh\n" + std::string(600 << 10, '#'));
  const std::string part =
      "--//\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n" + absl::Base64Escape(half) + "\n";
  const auto plan = ReadUserData(Multipart(part + part));
  BOOST_REQUIRE(IsOk(plan));
  BOOST_TEST(plan->scripts.size() == 1u);
  BOOST_REQUIRE(plan->findings.size() == 1u);
  BOOST_TEST(absl::StrContains(plan->findings[0].message, "it expands to more than the 434166 bytes allowed"));
}

BOOST_AUTO_TEST_CASE(a_thousand_findings_are_counted) {
  std::string config = "#cloud-config\n";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&config, "key", i, ": x\n");
  const auto plan = ReadUserData(config);
  BOOST_REQUIRE(IsOk(plan));
  BOOST_TEST(plan->findings.size() == 101u);
  BOOST_TEST(ec2::ToString(plan->findings.back()) == "ignored: 900 more");
}

BOOST_AUTO_TEST_CASE(a_long_cloud_config_is_refused) {
  BOOST_TEST(PlanOf(Gzip("#cloud-config\n#" + std::string(200 << 10, 'x'))) ==
             "1:1: refused: it has more than 131072 bytes\n");
}

BOOST_AUTO_TEST_CASE(a_bomb_within_gzip_is_refused) {
  BOOST_TEST(absl::StrContains(PlanOf(Gzip(Gzip(std::string(10 << 20, 'x')))), "refused: gzip: it expands to more"));
}

BOOST_AUTO_TEST_CASE(what_nests_deeper_than_the_library_goes_is_refused) {
  for (const char* opening : {"[", "{a: ", "- ", "? ", "[{a: "}) {
    BOOST_TEST(absl::StrContains(PlanOf("#cloud-config\n" + Repeat(opening, 2000)), "refused: "), opening);
  }
}

BOOST_AUTO_TEST_CASE(gzip_is_expanded_up_to_its_bound) {
  const std::string bytes = Gzip(std::string(100000, 'x'));
  BOOST_TEST(IsOk(Gunzip(bytes, 100000)));
  BOOST_TEST(StatusIs(Gunzip(bytes, 99999), absl::StatusCode::kResourceExhausted, "more than the 99999 bytes"));
  BOOST_TEST(StatusIs(Gunzip("", 10), absl::StatusCode::kInvalidArgument, "cut off"));
  for (size_t length = 0; length < bytes.size(); ++length) BOOST_TEST(!Gunzip(bytes.substr(0, length), 1 << 20).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::boot
