# Toolchain of the kernel for x86_64: Debian's gcc for this machine, or its cross compiler on another.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
find_program(KERNEL_GCC NAMES x86_64-linux-gnu-gcc REQUIRED)
set(CMAKE_C_COMPILER ${KERNEL_GCC})
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
