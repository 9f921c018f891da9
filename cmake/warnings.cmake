# Warnings for every C file of the tree; the presets make them errors (CMAKE_COMPILE_WARNING_AS_ERROR).
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wundef)
