internal import Foundation

/// A shared library that is loaded at run time and stays loaded until the process ends.
package struct DynamicLibrary: @unchecked Sendable {
    /// The name or path that it was loaded by.
    package let name: String

    /// The handle of `dlopen`, which any thread can use.
    private let handle: UnsafeMutableRawPointer

    /// The reason why a library cannot be loaded, such as `libmpi.so.40: cannot open shared object
    /// file: No such file or directory`.
    package struct LoadError: Error {
        package var message: String
    }

    /// - Parameters:
    ///   - name: A name that the system's loader searches for (`LD_LIBRARY_PATH`), or a path.
    ///   - isGlobal: True if libraries that it loads itself must see its symbols.
    /// - Throws: ``LoadError``.
    package init(_ name: String, isGlobal: Bool = false) throws(LoadError) {
        guard let handle = dlopen(name, RTLD_NOW | (isGlobal ? RTLD_GLOBAL : RTLD_LOCAL)) else {
            throw LoadError(
                message: dlerror().map { String(cString: $0) } ?? "\(name): cannot be loaded")
        }
        self.name = name
        self.handle = handle
    }

    /// True if the library has a function or variable of this name.
    package func has(_ symbol: String) -> Bool { dlsym(handle, symbol) != nil }

    /// Returns a function of the library.
    ///
    /// `Function` must be a C function type whose arguments and result match those of the function.
    ///
    /// - Throws: `Failure` (66) if the library does not have it.
    package func function<Function>(
        _ symbol: String, as type: Function.Type = Function.self
    ) throws -> Function {
        unsafeBitCast(try pointer(symbol), to: type)
    }

    /// Returns the address of a variable of the library.
    ///
    /// - Throws: `Failure` (66) if the library does not have it.
    package func address(_ symbol: String) throws -> Int {
        Int(bitPattern: try pointer(symbol))
    }

    private func pointer(_ symbol: String) throws -> UnsafeMutableRawPointer {
        guard let pointer = dlsym(handle, symbol) else {
            throw FailureSite("dlsym", name).inputMissing("has no symbol \(symbol)")
        }
        return pointer
    }
}
