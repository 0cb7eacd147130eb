# Flags and layers: every target of the project is made by one of these functions.
option(TICKMESH_SANITIZE "address and undefined-behaviour sanitizers" OFF)

add_library(tickmesh_flags INTERFACE)
target_compile_features(tickmesh_flags INTERFACE cxx_std_20)
target_compile_options(tickmesh_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -ffp-contract=off -fno-omit-frame-pointer)
target_include_directories(tickmesh_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(TICKMESH_SANITIZE)
  # CAF 0.17 reports null references of its own.
  target_compile_options(tickmesh_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=undefined)
  target_link_options(tickmesh_flags INTERFACE -fsanitize=address,undefined)
endif()

# tickmesh_library(NAME SOURCES... ) makes the static library tickmesh_NAME.
function(tickmesh_library name)
  add_library(tickmesh_${name} STATIC ${ARGN})
  target_link_libraries(tickmesh_${name} PUBLIC tickmesh_flags)
endfunction()

# tickmesh_program(NAME SOURCES... ) makes a program.
function(tickmesh_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE tickmesh_flags)
endfunction()
