#pragma once

#include "innernet/base/error.hpp"

// libpq's own names, so that these are its types; no header of it is included by what ships, and no program is linked to it.
struct pg_conn;
struct pg_result;
struct _PQconninfoOption;

namespace innernet::server::db::postgresql {

// Constants of libpq-fe.h (PostgreSQL 13 to 17), and of postgres_ext.h: kDiag…. They are part of libpq's ABI; libpq_test.cpp compares them.
constexpr unsigned kConnectionOk = 0;                                                       // CONNECTION_OK
constexpr unsigned kEmptyQuery = 0, kCommandOk = 1, kTuplesOk = 2, kSingleTuple = 9;        // PGRES_…
constexpr unsigned kCopyOut = 3, kCopyIn = 4, kCopyBoth = 8;                                // PGRES_…
constexpr unsigned kTransactionIdle = 0, kTransactionInError = 3, kTransactionUnknown = 4;  // PQTRANS_…
constexpr unsigned kVerboseErrors = 2;                                                      // PQERRORS_VERBOSE
constexpr int kDiagSqlstate = 'C', kDiagMessagePrimary = 'M';                               // PG_DIAG_…

/// What PQnotifies answers (pgNotify), and what PQfreemem takes back.
struct Notification {
  char* channel;
  int backend;  ///< process of the session that has notified
  char* payload;
  Notification* next;
};

/// The functions of libpq that we call, under their own names and with their own meaning; an enumeration is the unsigned that it is made
/// of. https://www.postgresql.org/docs/current/libpq.html says what each does.
struct Libpq {
  _PQconninfoOption* (*PQconninfoParse)(const char*, char**) = nullptr;
  void (*PQconninfoFree)(_PQconninfoOption*) = nullptr;
  pg_conn* (*PQconnectdbParams)(const char* const*, const char* const*, int) = nullptr;
  void (*PQreset)(pg_conn*) = nullptr;
  void (*PQfinish)(pg_conn*) = nullptr;
  unsigned (*PQstatus)(const pg_conn*) = nullptr;
  int (*PQconnectionNeedsPassword)(const pg_conn*) = nullptr;
  unsigned (*PQtransactionStatus)(const pg_conn*) = nullptr;
  int (*PQserverVersion)(const pg_conn*) = nullptr;
  int (*PQbackendPID)(const pg_conn*) = nullptr;
  int (*PQsocket)(const pg_conn*) = nullptr;
  char* (*PQerrorMessage)(const pg_conn*) = nullptr;
  unsigned (*PQsetErrorVerbosity)(pg_conn*, unsigned) = nullptr;
  void (*(*PQsetNoticeProcessor)(pg_conn*, void (*)(void*, const char*), void*))(void*, const char*) = nullptr;
  int (*PQsendQuery)(pg_conn*, const char*) = nullptr;
  int (*PQsendPrepare)(pg_conn*, const char*, const char*, int, const unsigned*) = nullptr;
  int (*PQsendQueryPrepared)(pg_conn*, const char*, int, const char* const*, const int*, const int*, int) = nullptr;
  int (*PQsetSingleRowMode)(pg_conn*) = nullptr;
  int (*PQconsumeInput)(pg_conn*) = nullptr;
  int (*PQisBusy)(pg_conn*) = nullptr;
  pg_result* (*PQgetResult)(pg_conn*) = nullptr;
  unsigned (*PQresultStatus)(const pg_result*) = nullptr;
  char* (*PQresultErrorField)(const pg_result*, int) = nullptr;
  void (*PQclear)(pg_result*) = nullptr;
  int (*PQgetisnull)(const pg_result*, int, int) = nullptr;
  char* (*PQgetvalue)(const pg_result*, int, int) = nullptr;
  int (*PQgetlength)(const pg_result*, int, int) = nullptr;
  Notification* (*PQnotifies)(pg_conn*) = nullptr;
  void (*PQfreemem)(void*) = nullptr;

  /// libpq.so.5, loaded by the first call and never unloaded. kUnsupported: it is not installed; the message names the package. It is
  /// looked for once: who installs it starts the program again.
  static Result<const Libpq*> load();
  /// The same of another file, each time.
  static Result<Libpq> load_from(const char* library);
};

}  // namespace innernet::server::db::postgresql
