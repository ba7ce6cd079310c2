# innernet_room(NAME SOURCES file... [USES room...] [PRIVATE library...] [TESTS file...] [TEST_USES library...] [TEST_DATA folder])
#
# One folder = one static library `innernet_NAME`. Its public headers lie in include/innernet/..., its private ones beside
# its sources; only the rooms in USES (and theirs) are on its include path, so that a forbidden include does not compile.
# TESTS become one program `innernet_NAME_test`, each of whose tests ctest knows by name; TEST_DATA (testdata) is what they read.
function(innernet_room name)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "TEST_DATA" "SOURCES;USES;PRIVATE;TESTS;TEST_USES")
  add_library(innernet_${name} STATIC ${room_SOURCES})
  target_include_directories(innernet_${name} PUBLIC include PRIVATE .)
  list(TRANSFORM room_USES PREPEND innernet_)
  target_link_libraries(innernet_${name} PUBLIC ${room_USES} PRIVATE innernet_flags innernet_coverage ${room_PRIVATE})
  innernet_use_precompiled(innernet_${name} innernet_precompiled)
  set_property(GLOBAL APPEND PROPERTY INNERNET_ROOMS ${name})  # cmake/tests goes through them
  list(TRANSFORM room_USES REPLACE "^innernet_" "")
  set_property(GLOBAL PROPERTY INNERNET_USES_${name} ${room_USES})
  if(room_TESTS)
    add_executable(innernet_${name}_test ${room_TESTS})
    # Tests are compiled more often than run: unoptimized they take little more than half of the time. The room itself is as it is shipped.
    set_target_properties(innernet_${name}_test PROPERTIES INNERNET_UNOPTIMIZED ON)
    target_compile_options(innernet_${name}_test PRIVATE -O0)
    target_include_directories(innernet_${name}_test PRIVATE .)
    target_link_libraries(innernet_${name}_test PRIVATE innernet_${name} innernet_testing innernet_flags ${room_TEST_USES} GTest::gmock_main)
    innernet_use_precompiled(innernet_${name}_test innernet_precompiled_test)
    if(NOT room_TEST_DATA)
      set(room_TEST_DATA testdata)
    endif()
    cmake_path(ABSOLUTE_PATH room_TEST_DATA NORMALIZE)
    target_compile_definitions(innernet_${name}_test PRIVATE INNERNET_TEST_DATA="${room_TEST_DATA}")
    gtest_discover_tests(innernet_${name}_test TEST_PREFIX "${name}/" DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
  endif()
endfunction()

# innernet_testing_headers(NAME [USES library...]): helpers for tests of those that use the room NAME lie in its testing/include, and
# whoever names innernet_NAME_testing in TEST_USES finds them as innernet/testing/...; no program does.
function(innernet_testing_headers name)
  cmake_parse_arguments(PARSE_ARGV 1 headers "" "" "USES")
  add_library(innernet_${name}_testing INTERFACE)
  target_include_directories(innernet_${name}_testing INTERFACE testing/include)
  target_link_libraries(innernet_${name}_testing INTERFACE innernet_testing innernet_${name} ${headers_USES})
endfunction()

# innernet_program(NAME SOURCES file... USES room...): a program in bin/ that depends on libc alone, and the target NAME-static for
# one in bin/static/ that depends on nothing.
function(innernet_program name)
  cmake_parse_arguments(PARSE_ARGV 1 program "" "" "SOURCES;USES")
  add_executable(${name} ${program_SOURCES})
  if(NOT INNERNET_SANITIZE)
    target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/find_object.cpp")
  endif()
  add_executable(${name}-static EXCLUDE_FROM_ALL ${program_SOURCES} "${PROJECT_SOURCE_DIR}/cmake/static_names.cpp")
  list(TRANSFORM program_USES PREPEND innernet_)
  foreach(target ${name} ${name}-static)
    target_link_libraries(${target} PRIVATE ${program_USES} innernet_flags)
    target_compile_definitions(${target} PRIVATE INNERNET_VERSION="${PROJECT_VERSION}")
  endforeach()
  target_link_libraries(${name} PRIVATE innernet_static_runtime)
  target_link_options(${name}-static PRIVATE -static-pie -Wl,--gc-sections)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
  set_target_properties(${name}-static PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin/static" OUTPUT_NAME ${name})
endfunction()

# innernet_fuzzer(NAME FILE USES room...): FILE defines LLVMFuzzerTestOneInput. Its seed corpus lies in the folder
# fuzz/corpus/NAME beside it and runs as an ordinary test in every build; with INNERNET_FUZZ the same program searches.
function(innernet_fuzzer name file)
  cmake_parse_arguments(PARSE_ARGV 2 fuzzer "" "" "USES")
  list(TRANSFORM fuzzer_USES PREPEND innernet_)
  add_executable(fuzz_${name} ${file})
  target_link_libraries(fuzz_${name} PRIVATE ${fuzzer_USES} innernet_flags)
  if(INNERNET_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/run_corpus.cpp")
  endif()
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
  add_test(NAME corpus/${name} COMMAND fuzz_${name} $<$<BOOL:${INNERNET_FUZZ}>:-runs=0> "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name}"
    COMMAND_EXPAND_LISTS)
endfunction()
