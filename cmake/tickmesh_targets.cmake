# Flags and layers: every target of the project is made by one of these functions.
option(TICKMESH_SANITIZE "address and undefined-behaviour sanitizers" OFF)

add_library(tickmesh_flags INTERFACE)
target_compile_features(tickmesh_flags INTERFACE cxx_std_20)
target_compile_options(tickmesh_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -ffp-contract=off -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Its -Wrestrict is wrong about "text" + std::string (GCC bug 105651).
  target_compile_options(tickmesh_flags INTERFACE -Wno-restrict)
endif()
target_include_directories(tickmesh_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(TICKMESH_SANITIZE)
  # CAF 0.17 reports null references of its own.
  target_compile_options(tickmesh_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=undefined)
  target_link_options(tickmesh_flags INTERFACE -fsanitize=address,undefined)
endif()

# Several sources of a target are compiled as one: half of a source's time goes into the headers of
# CAF, Protobuf and fmt, which they share. OFF for tools that look at one source at a time.
option(TICKMESH_UNITY "compile several sources of a target together" ON)
function(tickmesh_compile_together target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${TICKMESH_UNITY} UNITY_BUILD_BATCH_SIZE 8)
endfunction()

# tickmesh_library(NAME SOURCES... ) makes the static library tickmesh_NAME.
function(tickmesh_library name)
  add_library(tickmesh_${name} STATIC ${ARGN})
  tickmesh_compile_together(tickmesh_${name})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # Else it inlines less in a large unit: 6 % of an execution slot's time.
    target_compile_options(tickmesh_${name} PRIVATE --param=large-unit-insns=200000)
  endif()
  target_link_libraries(tickmesh_${name} PUBLIC tickmesh_flags)
endfunction()

# tickmesh_program(NAME SOURCES... ) makes a program.
function(tickmesh_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE tickmesh_flags)
endfunction()
