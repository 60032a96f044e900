#include "nubo/stack/rds_rules.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/names.h"

namespace nubo::stack::rds {
namespace {

constexpr size_t kDatabaseNameSizeMax = 64;
constexpr size_t kUsernameSizeMax = 16;
constexpr size_t kPasswordSizeMin = 8;
constexpr size_t kPasswordSizeMax = 41;

// Of the engine's own databases and users.
constexpr char kSystemNames[] = "information_schema,innodb,mysql,performance_schema,rdsadmin,rdsrepladmin,sys";

// "Can't be a word reserved by the specified database engine": by the MySQL reference manual's "Keywords and Reserved
// Words", of those that MariaDB reserves as well.
constexpr char kReserved[] =
    "accessible,add,all,alter,analyze,and,as,asc,asensitive,before,between,bigint,binary,blob,both,by,call,cascade,"
    "case,change,char,character,check,collate,column,condition,constraint,continue,convert,create,cross,current_date,"
    "current_time,current_timestamp,current_user,cursor,database,databases,day_hour,day_microsecond,day_minute,"
    "day_second,dec,decimal,declare,default,delayed,delete,desc,describe,deterministic,distinct,distinctrow,div,double,"
    "drop,dual,each,else,elseif,enclosed,escaped,exists,exit,explain,false,fetch,float,float4,float8,for,force,foreign,"
    "from,fulltext,grant,group,having,high_priority,hour_microsecond,hour_minute,hour_second,if,ignore,in,index,infile,"
    "inner,inout,insensitive,insert,int,int1,int2,int3,int4,int8,integer,interval,into,is,iterate,join,key,keys,kill,"
    "leading,leave,left,like,limit,linear,lines,load,localtime,localtimestamp,lock,long,longblob,longtext,loop,"
    "low_priority,match,maxvalue,mediumblob,mediumint,mediumtext,middleint,minute_microsecond,minute_second,mod,"
    "modifies,natural,no_write_to_binlog,not,null,numeric,on,optimize,option,optionally,or,order,out,outer,outfile,"
    "precision,primary,procedure,purge,range,read,reads,read_write,real,references,regexp,release,rename,repeat,"
    "replace,require,resignal,restrict,return,revoke,right,rlike,schema,schemas,second_microsecond,select,sensitive,"
    "separator,set,show,signal,smallint,spatial,specific,sql,sqlexception,sqlstate,sqlwarning,sql_big_result,"
    "sql_calc_found_rows,sql_small_result,ssl,starting,straight_join,table,terminated,then,tinyblob,tinyint,tinytext,"
    "to,trailing,trigger,true,undo,union,unique,unlock,unsigned,update,usage,use,using,utc_date,utc_time,utc_timestamp,"
    "values,varbinary,varchar,varcharacter,varying,when,where,while,with,write,xor,year_month,zerofill";

bool IsReserved(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (const char* words : {kSystemNames, kReserved}) {
    for (const absl::string_view word : absl::StrSplit(words, ',')) {
      if (word == lower) return true;
    }
  }
  return false;
}

absl::Status Invalid(std::string message) {
  return base::WithErrorCode(absl::InvalidArgumentError(std::move(message)), "InvalidParameterValue");
}

bool BeginsWithLetter(absl::string_view text) {
  return !text.empty() && absl::ascii_isalpha(static_cast<unsigned char>(text.front()));
}

absl::Status CheckWord(absl::string_view what, absl::string_view word, size_t size_max) {
  if (!BeginsWithLetter(word) || word.size() > size_max || !HasOnly(word, "_")) {
    return Invalid(absl::StrCat(what, " must have 1 to ", size_max,
                                " letters and digits, beginning with a letter, not \"", Excerpt(word), "\""));
  }
  if (!IsReserved(word)) return absl::OkStatus();
  return Invalid(absl::StrCat(what, " ", word, " cannot be used as it is a reserved word used by the engine"));
}

}  // namespace

absl::Status CheckEngine(absl::string_view engine) {
  const std::string lower = absl::AsciiStrToLower(engine);
  for (const absl::string_view offered : absl::StrSplit(kEnginesOffered, ',')) {
    if (offered == lower) return absl::OkStatus();
  }
  return Invalid(absl::StrCat("Invalid DB engine: ", Excerpt(engine), "; there are ",
                              absl::StrJoin(absl::StrSplit(kEnginesOffered, ','), " and ")));
}

absl::Status CheckPort(int64_t port) {
  if (port >= kPortMin && port <= kPortMax) return absl::OkStatus();
  return Invalid(absl::StrCat("Port must be from ", kPortMin, " to ", kPortMax, ", not ", port));
}

absl::Status CheckIdentifier(absl::string_view identifier) {
  const bool fits = BeginsWithLetter(identifier) && identifier.size() <= kIdentifierSizeMax &&
                    HasOnly(identifier, "-") && identifier.back() != '-' && !absl::StrContains(identifier, "--");
  if (fits) return absl::OkStatus();
  return Invalid(absl::StrCat("DBInstanceIdentifier must have 1 to ", kIdentifierSizeMax,
                              " letters, digits and hyphens, begin with a letter, not end with a hyphen and have no "
                              "two hyphens in a row, not \"",
                              Excerpt(identifier), "\""));
}

absl::Status CheckDatabaseName(absl::string_view name) { return CheckWord("DBName", name, kDatabaseNameSizeMax); }

absl::Status CheckMasterUsername(absl::string_view name) { return CheckWord("MasterUsername", name, kUsernameSizeMax); }

absl::Status CheckPassword(absl::string_view password) {
  const bool visible = std::all_of(password.begin(), password.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != '/' && c != '"' && c != '@';
  });
  if (visible && password.size() >= kPasswordSizeMin && password.size() <= kPasswordSizeMax) return absl::OkStatus();
  return Invalid(absl::StrCat("MasterUserPassword must have ", kPasswordSizeMin, " to ", kPasswordSizeMax,
                              " visible ASCII characters, none of them /, \" or @"));
}

absl::Status CheckPasswordSource(bool is_managed, bool is_given) {
  if (is_managed != is_given) return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(
          "a DB instance needs either MasterUserPassword or ManageMasterUserPassword: true, and not both"),
      "InvalidParameterCombination");
}

}  // namespace nubo::stack::rds
