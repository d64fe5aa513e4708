#pragma once
#include <mpi.h>

// Open MPI defines its handles as macros that cast the address of a global variable. Swift does not
// import such macros. Each getter below returns one of the handles under its standard name.

#define LRNET_GETTER(name) __attribute__((swift_name("getter:" name "()")))

static inline MPI_Comm lrnet_comm_world(void) LRNET_GETTER("MPI_COMM_WORLD");
static inline MPI_Comm lrnet_comm_world(void) { return MPI_COMM_WORLD; }

static inline MPI_Request lrnet_request_null(void) LRNET_GETTER("MPI_REQUEST_NULL");
static inline MPI_Request lrnet_request_null(void) { return MPI_REQUEST_NULL; }

static inline MPI_Errhandler lrnet_errors_return(void) LRNET_GETTER("MPI_ERRORS_RETURN");
static inline MPI_Errhandler lrnet_errors_return(void) { return MPI_ERRORS_RETURN; }

static inline MPI_Datatype lrnet_byte(void) LRNET_GETTER("MPI_BYTE");
static inline MPI_Datatype lrnet_byte(void) { return MPI_BYTE; }

static inline MPI_Datatype lrnet_int32(void) LRNET_GETTER("MPI_INT32_T");
static inline MPI_Datatype lrnet_int32(void) { return MPI_INT32_T; }

static inline MPI_Datatype lrnet_int64(void) LRNET_GETTER("MPI_INT64_T");
static inline MPI_Datatype lrnet_int64(void) { return MPI_INT64_T; }

static inline MPI_Datatype lrnet_float(void) LRNET_GETTER("MPI_FLOAT");
static inline MPI_Datatype lrnet_float(void) { return MPI_FLOAT; }

static inline MPI_Datatype lrnet_double(void) LRNET_GETTER("MPI_DOUBLE");
static inline MPI_Datatype lrnet_double(void) { return MPI_DOUBLE; }

static inline MPI_Op lrnet_sum(void) LRNET_GETTER("MPI_SUM");
static inline MPI_Op lrnet_sum(void) { return MPI_SUM; }

static inline MPI_Op lrnet_min(void) LRNET_GETTER("MPI_MIN");
static inline MPI_Op lrnet_min(void) { return MPI_MIN; }

static inline void *lrnet_in_place(void) LRNET_GETTER("MPI_IN_PLACE");
static inline void *lrnet_in_place(void) { return MPI_IN_PLACE; }

static inline MPI_Info lrnet_info_null(void) LRNET_GETTER("MPI_INFO_NULL");
static inline MPI_Info lrnet_info_null(void) { return MPI_INFO_NULL; }

#undef LRNET_GETTER
