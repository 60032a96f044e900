// Messages and zones as people read them.
//
// Example:
//   std::cout << DigText(message);       // the layout of BIND's dig
//   std::cout << MasterFileText(*zone);  // RFC 1035 §5, readable by any name server
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_ZONE_TEXT_H_
#define NUBO_DNS_ZONE_TEXT_H_

#include <string>

#include "nubo/dns/wire/message.h"
#include "nubo/dns/zone/zone.h"

namespace nubo::dns {

// Header, pseudo section and sections as dig prints them; without dig's lines on time and server.
std::string DigText(const Message& message);

// One record a line, apex first, then in canonical order. What a master file cannot say, such as an alias or a
// weight, stands in a comment.
std::string MasterFileText(const Zone& zone);

}  // namespace nubo::dns

#endif  // NUBO_DNS_ZONE_TEXT_H_
