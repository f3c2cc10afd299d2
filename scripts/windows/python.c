/* python.exe: starts the interpreter that lies beside it in PYTHON_DLL (given by build.py). */
#include <wchar.h>
#include <windows.h>

typedef int (*Main)(int, wchar_t **);

int wmain(int argc, wchar_t **argv)
{
    HMODULE python = LoadLibraryW(PYTHON_DLL);
    Main run = python ? (Main)(void *)GetProcAddress(python, "Py_Main") : NULL;
    if (run == NULL) {
        fwprintf(stderr, L"%ls cannot be loaded: error %lu\n", PYTHON_DLL, GetLastError());
        return 127;
    }
    return run(argc, argv);
}
