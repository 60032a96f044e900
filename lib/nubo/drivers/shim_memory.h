// Goes on from a copy of this program that nobody can change.
//
// A process that enters an instance shows its program there: /proc/PID/exe, also by way of a command that begins with
// "#!/proc/self/exe". Where the instance runs as the same user, it could change that file once it is idle, and so what
// this user runs next, outside (the way of CVE-2019-5736). A sealed copy in memory gives it nothing worth changing.
#ifndef NUBO_DRIVERS_SHIM_MEMORY_H_
#define NUBO_DRIVERS_SHIM_MEMORY_H_

#include <string>

namespace nubo::drivers {

// A sealed memory file (memfd_create(2)) with what is in `program`, to be run; -1: errno says why there is none.
int SealedCopy(int program);

// Runs this program again, with these arguments and this environment, from a sealed copy; "" at once where that is what
// runs. Otherwise why that cannot be.
std::string RunFromMemory(char** argv, char** environment);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_MEMORY_H_
