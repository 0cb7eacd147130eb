# Flags and layers: every target of the project is made by one of these functions.
set(TICKMESH_SANITIZE "" CACHE STRING "sanitizers: address,undefined or thread; empty: none")
option(TICKMESH_FUZZ "fuzz targets as a libFuzzer program; needs clang and address,undefined" OFF)
option(TICKMESH_COVERAGE "count which lines are run, for gcov" OFF)

add_library(tickmesh_flags INTERFACE)
target_compile_features(tickmesh_flags INTERFACE cxx_std_20)
target_compile_options(tickmesh_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -ffp-contract=off -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Its -Wrestrict is wrong about "text" + std::string (GCC bug 105651).
  target_compile_options(tickmesh_flags INTERFACE -Wno-restrict)
endif()
target_include_directories(tickmesh_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # It collects no garbage of its own before so many KiB: a tenth of the time.
  target_compile_options(tickmesh_flags INTERFACE --param=ggc-min-heapsize=524288)
endif()
if(TICKMESH_SANITIZE)
  target_compile_options(tickmesh_flags INTERFACE -fsanitize=${TICKMESH_SANITIZE})
  target_link_options(tickmesh_flags INTERFACE -fsanitize=${TICKMESH_SANITIZE})
  if(TICKMESH_SANITIZE MATCHES undefined)
    # CAF 0.17 reports null references of its own.
    target_compile_options(tickmesh_flags INTERFACE
      -fno-sanitize=null -fno-sanitize-recover=undefined)
  endif()
endif()
if(TICKMESH_FUZZ)
  # Warnings are the default compiler's matter.
  target_compile_options(tickmesh_flags INTERFACE -fsanitize=fuzzer-no-link -w)
endif()
if(TICKMESH_COVERAGE)
  target_compile_options(tickmesh_flags INTERFACE --coverage)
  target_link_options(tickmesh_flags INTERFACE --coverage)
endif()

# Neighbouring sources are compiled together, six to twelve at a time (`most`, and half of it): half
# of a source's time goes into the headers of CAF, Protobuf and fmt, which they share. A batch ends
# with a folder where it can, so that a source that is added moves few others. OFF for tools that
# look at one at a time.
option(TICKMESH_UNITY "compile neighbouring sources together" ON)
function(tickmesh_compile_together target most)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${TICKMESH_UNITY} UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  set(count ${most})
  math(EXPR least "${most} / 2")
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    if(count EQUAL most OR (count GREATER_EQUAL least AND NOT folder STREQUAL last_folder))
      string(MAKE_C_IDENTIFIER "${target}_${source}" batch)
      set(count 0)
    endif()
    math(EXPR count "${count} + 1")
    set(last_folder "${folder}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${batch})
  endforeach()
endfunction()

# For what no tick and no order waits for: almost half less to compile, and the loops are none that
# matter. The last two look for what could be shared between functions: a twelfth of the time.
function(tickmesh_compile_fast target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(${target} PRIVATE -Og -fno-ipa-cp -fno-ipa-pure-const)
  endif()
endfunction()

# tickmesh_sources(VARIABLE [PATTERN]) lists the sources below this folder, by their relative paths.
function(tickmesh_sources variable pattern)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${pattern})
  list(SORT sources)
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# tickmesh_library(NAME [SOURCES source...] [COLD folder...]) makes the static library
# tickmesh_NAME, without a list of all sources below this folder. Its actors, who take messages and
# hand them to plain classes, and the sources in cold folders are compiled fast, in a library of
# their own.
function(tickmesh_library name)
  cmake_parse_arguments(of "" "" "SOURCES;COLD" ${ARGN})
  if(NOT of_SOURCES)
    tickmesh_sources(of_SOURCES *.cpp)
  endif()
  list(TRANSFORM of_COLD PREPEND "^")
  list(TRANSFORM of_COLD APPEND "/")
  list(APPEND of_COLD "_actor\\.cpp$")
  list(JOIN of_COLD "|" is_cold)
  set(cold ${of_SOURCES})
  list(FILTER cold INCLUDE REGEX "${is_cold}")
  list(FILTER of_SOURCES EXCLUDE REGEX "${is_cold}")
  tickmesh_static_library(tickmesh_${name} 12 ${of_SOURCES})
  if(cold)
    tickmesh_static_library(tickmesh_${name}_cold 16 ${cold})
    tickmesh_compile_fast(tickmesh_${name}_cold)
    target_link_libraries(tickmesh_${name}_cold PUBLIC tickmesh_${name})
    target_link_libraries(tickmesh_${name} INTERFACE tickmesh_${name}_cold)
  endif()
endfunction()

function(tickmesh_static_library target most)
  add_library(${target} STATIC ${ARGN})
  tickmesh_compile_together(${target} ${most})
  target_link_libraries(${target} PUBLIC tickmesh_flags)
endfunction()

# tickmesh_program(NAME SOURCES... ) makes a program.
function(tickmesh_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE tickmesh_flags)
endfunction()
