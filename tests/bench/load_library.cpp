// The floor of every compilation: a program that loads the library it is given, and does nothing with it.
#include <dlfcn.h>
#include <unistd.h>

int main(int, char** argv) { ::_exit(::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) == nullptr ? 1 : 0); }
