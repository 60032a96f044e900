// RDS DB instances: real mariadbd processes, each with a data directory that outlives it.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DATABASES_H_
#define NUBO_REGION_DATABASES_H_

#include <string>
#include <vector>

#include "nubo/net/ip_address.h"
#include "nubo/process/driver.h"
#include "nubo/region/context.h"

namespace nubo::region {

// How the database of this service is run.
process::Spec DatabaseSpec(const Context& context, const std::string& service_id);

// It is about to be started by that.
void OnDatabaseStarting(Context& context, const std::string& service_id);
// Services of those that have to be started anew, because their record has changed; until they have been.
std::vector<std::string> DatabasesToRestart(const Context& context);

// Its process ended by itself; it is started again.
void OnDatabaseDied(Context& context, const std::string& service_id);
// Its process ended because the database is being deleted. True: nothing of it is left, and its record is gone. False:
// its data go first, and OnDatabaseDataRemoved (services.h) follows; the record is what a successor knows of them.
bool OnDatabaseStopped(Context& context, const std::string& service_id);
// Its record goes, and what belongs to it: its address and its secret.
void ForgetDatabase(Context& context, const std::string& service_id);

// Those that run, and have not answered yet: where to try.
struct DatabaseProbe {
  std::string identifier;
  net::SocketAddress address;
};
std::vector<DatabaseProbe> DatabasesToProbe(const Context& context);
// It answers.
void OnDatabaseAvailable(Context& context, const std::string& identifier);

}  // namespace nubo::region

#endif  // NUBO_REGION_DATABASES_H_
