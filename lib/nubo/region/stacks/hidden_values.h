// What is never shown again: the values of NoEcho parameters, wherever in a resource they have got to.
//
// CloudFormation masks them among the parameters; here properties are shown as well.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_STACKS_HIDDEN_VALUES_H_
#define NUBO_REGION_STACKS_HIDDEN_VALUES_H_

#include <google/protobuf/struct.pb.h>

#include <string>
#include <vector>

#include "nubo/region/stacks/prepared_templates.h"
#include "nubo/region/v1/state.pb.h"

namespace nubo::region {

// Of the stack's NoEcho parameters, those before an update that is under way included.
std::vector<std::string> HiddenValues(PreparedTemplates& templates, const v1::StackState& stack);

// Puts "****" in their place, also within longer texts and within user data; and in that of passwords, whosoever.
void Hide(const std::vector<std::string>& hidden, google::protobuf::Struct* shown);

}  // namespace nubo::region

#endif  // NUBO_REGION_STACKS_HIDDEN_VALUES_H_
