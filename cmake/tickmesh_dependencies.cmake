# Debian 12's packages; scripts/install_packages.sh lists them.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(CAF REQUIRED COMPONENTS core io)
find_package(Protobuf REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(doctest REQUIRED)
find_package(rapidcheck REQUIRED)
find_package(tl-expected REQUIRED)
find_package(date REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(LibLZMA REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(mimalloc REQUIRED)

find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
add_library(xxhash::xxhash UNKNOWN IMPORTED)
set_target_properties(xxhash::xxhash PROPERTIES
  IMPORTED_LOCATION ${XXHASH_LIBRARY}
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${XXHASH_INCLUDE_DIR})

find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
find_library(TOMLPLUSPLUS_LIBRARY tomlplusplus REQUIRED)
add_library(tomlplusplus::tomlplusplus UNKNOWN IMPORTED)
set_target_properties(tomlplusplus::tomlplusplus PROPERTIES
  IMPORTED_LOCATION ${TOMLPLUSPLUS_LIBRARY}
  INTERFACE_COMPILE_DEFINITIONS TOML_HEADER_ONLY=0
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${TOMLPLUSPLUS_INCLUDE_DIR})

find_path(ZSTD_INCLUDE_DIR zstd.h REQUIRED)
find_library(ZSTD_LIBRARY zstd REQUIRED)
add_library(zstd::zstd UNKNOWN IMPORTED)
set_target_properties(zstd::zstd PROPERTIES
  IMPORTED_LOCATION ${ZSTD_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${ZSTD_INCLUDE_DIR})
