# cross_program(<name> FLAGS <flag> ... SOURCES <file> ...): the target <name>, not of `all`, makes cross/<name>, a
# static program for AArch64 on Linux, which qemu-aarch64 runs. On an AArch64 machine it is a native one.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    set(CROSS_GCC ${CMAKE_C_COMPILER})
else()
    find_program(CROSS_GCC aarch64-linux-gnu-gcc REQUIRED)
endif()

function(cross_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FLAGS;SOURCES")
    foreach(source ${arg_SOURCES})
        file(RELATIVE_PATH object ${PROJECT_SOURCE_DIR} ${source})
        set(object ${CMAKE_CURRENT_BINARY_DIR}/cross/${name}.objects/${object}.o)
        get_filename_component(folder ${object} DIRECTORY)
        file(MAKE_DIRECTORY ${folder})
        add_custom_command(OUTPUT ${object}
            COMMAND ${CROSS_GCC} ${arg_FLAGS} -MD -MF ${object}.d -c ${source} -o ${object}
            DEPENDS ${source} DEPFILE ${object}.d VERBATIM COMMAND_EXPAND_LISTS
            COMMENT "Building AArch64 object of ${name}: ${source}")
        list(APPEND objects ${object})
    endforeach()
    add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/cross/${name}
        COMMAND ${CROSS_GCC} -static ${objects} -o ${CMAKE_CURRENT_BINARY_DIR}/cross/${name} DEPENDS ${objects} VERBATIM)
    add_custom_target(${name} DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/cross/${name})
endfunction()
