# Compiler flags as interface targets: every target of ours links `innernet_flags`, nothing is set globally.

add_library(innernet_warnings INTERFACE)
target_compile_options(innernet_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op>
  $<$<BOOL:${INNERNET_WERROR}>:-Werror>)

add_library(innernet_hardening INTERFACE)
target_compile_options(innernet_hardening INTERFACE
  -fstack-protector-strong -fstack-clash-protection $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>
  $<$<CONFIG:Release>:-D_GLIBCXX_ASSERTIONS>
  # glibc warns about it where nothing is optimized.
  $<$<AND:$<CONFIG:Release>,$<NOT:$<BOOL:$<TARGET_PROPERTY:INNERNET_UNOPTIMIZED>>>>:-D_FORTIFY_SOURCE=2>)
target_link_options(innernet_hardening INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)

add_library(innernet_sanitizers INTERFACE)
if(INNERNET_SANITIZE)
  target_compile_options(innernet_sanitizers INTERFACE -fsanitize=${INNERNET_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(innernet_sanitizers INTERFACE -fsanitize=${INNERNET_SANITIZE})
  target_compile_definitions(innernet_sanitizers INTERFACE INNERNET_SANITIZED)
endif()
if(INNERNET_FUZZ)
  target_compile_options(innernet_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Of rooms, not of their tests: tests/coverage.sh.
add_library(innernet_coverage INTERFACE)
if(INNERNET_COVERAGE)
  target_compile_options(innernet_coverage INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(innernet_sanitizers INTERFACE -fprofile-instr-generate)
endif()

add_library(innernet_flags INTERFACE)
target_link_libraries(innernet_flags INTERFACE innernet_warnings innernet_hardening innernet_sanitizers)

# Programs depend on libc alone, glibc 2.34 or newer (doc/dependencies.md). What of a library nobody calls is left out, and with it
# libstdc++'s random_device, which wants glibc 2.36.
add_library(innernet_static_runtime INTERFACE)
if(NOT INNERNET_SANITIZE)
  target_link_options(innernet_static_runtime INTERFACE -static-libstdc++ -static-libgcc -Wl,--gc-sections)
endif()
