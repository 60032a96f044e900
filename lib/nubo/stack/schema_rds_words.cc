// Names that MySQL on RDS keeps for itself: "Can't be a word reserved by the specified database engine" (the API
// reference's CreateDBInstance), by the MySQL reference manual's "Keywords and Reserved Words", of those that MariaDB
// reserves as well.
#include "nubo/stack/schema_checks.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

// Of the engine's own databases and users.
constexpr char kSystemNames[] = "information_schema,innodb,mysql,performance_schema,rdsadmin,rdsrepladmin,sys";

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

bool IsReserved(const std::string& name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (const char* words : {kSystemNames, kReserved}) {
    for (const absl::string_view word : absl::StrSplit(words, ',')) {
      if (word == lower) return true;
    }
  }
  return false;
}

}  // namespace

void CheckReservedWords(const Value& properties, Problems& problems) {
  for (const char* name : {"DBName", "MasterUsername"}) {
    const Value& given = properties.Get(name);
    if (!given.is_scalar() || !IsReserved(given.text())) continue;
    Add(problems, given,
        absl::StrCat(name, " ", given.text(),
                     " cannot be used as it is a reserved word used by the engine (InvalidParameterValue)"));
  }
}

}  // namespace nubo::stack::tables
