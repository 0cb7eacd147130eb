// TICKMESH_VECTOR_CLONES before a function compiles it twice, with AVX2 and without; the processor
// decides at the start. Only for functions whose results are exact, so that both give the same.
#pragma once

// Under the sanitizers the choice would run before they are ready; clang, which only tools use,
// takes no clones of a function that a header has declared.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&      \
    !defined(__clang__)
#define TICKMESH_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define TICKMESH_VECTOR_CLONES
#endif
