#pragma once

#include <hdf5.h>

// HDF5's constants are macros that call H5open() or cast, so Swift does not import them. Each
// getter below returns one of them, under a different name, because a getter must not have the name
// of the macro that it wraps.

#define LRNET_SWIFT_GETTER(name) __attribute__((swift_name("getter:" #name "()")))
#define LRNET_CONSTANT(type, swift, value)                                                         \
    static inline type lrnet_##swift(void) LRNET_SWIFT_GETTER(swift);                              \
    static inline type lrnet_##swift(void) { return (value); }

LRNET_CONSTANT(hid_t, HDF5DefaultProperties, H5P_DEFAULT)
LRNET_CONSTANT(hid_t, HDF5FileAccessClass, H5P_FILE_ACCESS)
LRNET_CONSTANT(hid_t, HDF5FileCreationClass, H5P_FILE_CREATE)
LRNET_CONSTANT(hid_t, HDF5GroupCreationClass, H5P_GROUP_CREATE)
LRNET_CONSTANT(hid_t, HDF5DataSetCreationClass, H5P_DATASET_CREATE)
LRNET_CONSTANT(hid_t, HDF5LinkCreationClass, H5P_LINK_CREATE)
LRNET_CONSTANT(hid_t, HDF5DefaultErrorStack, H5E_DEFAULT)
LRNET_CONSTANT(unsigned, HDF5OpenReadOnly, H5F_ACC_RDONLY)
LRNET_CONSTANT(unsigned, HDF5CreateTruncated, H5F_ACC_TRUNC)
LRNET_CONSTANT(H5F_libver_t, HDF5LatestFormat, H5F_LIBVER_LATEST)
LRNET_CONSTANT(hid_t, HDF5NativeUInt8, H5T_NATIVE_UINT8)
LRNET_CONSTANT(hid_t, HDF5NativeInt32, H5T_NATIVE_INT32)
LRNET_CONSTANT(hid_t, HDF5NativeInt64, H5T_NATIVE_INT64)
LRNET_CONSTANT(hid_t, HDF5NativeFloat, H5T_NATIVE_FLOAT)
LRNET_CONSTANT(hid_t, HDF5NativeDouble, H5T_NATIVE_DOUBLE)
LRNET_CONSTANT(hid_t, HDF5StoredUInt8, H5T_STD_U8LE)
LRNET_CONSTANT(hid_t, HDF5StoredInt32, H5T_STD_I32LE)
LRNET_CONSTANT(hid_t, HDF5StoredInt64, H5T_STD_I64LE)
LRNET_CONSTANT(hid_t, HDF5StoredFloat, H5T_IEEE_F32LE)
LRNET_CONSTANT(hid_t, HDF5StoredDouble, H5T_IEEE_F64LE)
LRNET_CONSTANT(hid_t, HDF5String, H5T_C_S1)

#undef LRNET_CONSTANT
#undef LRNET_SWIFT_GETTER
