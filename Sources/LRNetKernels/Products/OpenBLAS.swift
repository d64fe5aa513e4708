internal import Foundation
internal import LRNetSupport

/// OpenBLAS, which computes products in builds without AVX-512. It is loaded on first use.
///
/// If it were linked, it would start a thread for each additional core at program start, with 128
/// MiB of address space each. But it is called with one thread or not at all.
struct OpenBLAS: Sendable {
    /// `cblas_sgemm`: order, transpositions, rows, columns, inner, alpha, A, B, beta, C.
    typealias Product =
        @convention(c) (
            CInt, CInt, CInt, CInt, CInt, CInt, Float, UnsafePointer<Float>, CInt,
            UnsafePointer<Float>, CInt, Float, UnsafeMutablePointer<Float>, CInt
        ) -> Void
    /// `cblas_sgemv`: order, transposition, rows, columns, alpha, A, its stride, x, its stride, beta,
    /// y, its stride.
    typealias VectorProduct =
        @convention(c) (
            CInt, CInt, CInt, CInt, Float, UnsafePointer<Float>, CInt, UnsafePointer<Float>, CInt,
            Float, UnsafeMutablePointer<Float>, CInt
        ) -> Void
    private typealias Text = @convention(c) () -> UnsafePointer<CChar>?
    private typealias SetThreads = @convention(c) (CInt) -> Void

    /// Constants of `cblas.h`.
    static let rowMajor: CInt = 101
    static let plain: CInt = 111
    static let transposed: CInt = 112

    let product: Product

    /// Only benchmarks use it.
    let vectorProduct: VectorProduct

    /// The version and configuration, as the library reports them.
    let configuration: String

    /// The CPU core type that kernels were chosen for.
    let core: String

    /// The library, or the error if it cannot be loaded; the same for the whole process.
    static let loaded = Result { try OpenBLAS() }

    private static let names = ["libopenblas.so.0", "libopenblas.so"]

    /// The address space, in bytes, that must be free. With less, OpenBLAS retries its allocation
    /// forever.
    private static let addressByteCount = 96 << 20

    private init() throws {
        let site = FailureSite(
            "dlopen", Self.names[0],
            remedy:
                "install OpenBLAS (apt-get install libopenblas-dev, or a module that puts it on "
                + "LD_LIBRARY_PATH)")
        // OpenBLAS reads the variable when it is loaded. In programs, `Console.prepare` has already
        // set it, before there are other threads.
        let variable = "OPENBLAS_NUM_THREADS"
        if getenv(variable).map({ String(cString: $0) }) != "1" { setenv(variable, "1", 1) }
        try Self.checkAddressSpace()
        var library: DynamicLibrary?
        var reason = "is missing"
        for name in Self.names where library == nil {
            do { library = try DynamicLibrary(name) } catch { reason = error.message }
        }
        guard let library else { throw site.inputMissing(reason) }
        product = try library.function("cblas_sgemm")
        vectorProduct = try library.function("cblas_sgemv")
        try library.function("openblas_set_num_threads", as: SetThreads.self)(1)
        func text(_ name: String) throws -> String {
            try library.function(name, as: Text.self)().map { String(cString: $0) } ?? "unknown"
        }
        configuration = try text("openblas_get_config")
        core = try text("openblas_get_corename")
    }

    private static func checkAddressSpace() throws {
        let space = mmap(
            nil, addressByteCount, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let space, space != MAP_FAILED else {
            throw Failure(
                call: "dlopen", subject: names[0],
                message: "needs \(addressByteCount >> 20) MiB of address space; raise the limit "
                    + "(ulimit -v)", exitStatus: .inputOutput)
        }
        munmap(space, addressByteCount)
    }
}

extension ThreadPool {
    /// Creates a pool that computes products, and loads the library they need.
    ///
    /// - Throws: `Failure`: 74 if the system cannot start another thread or OpenBLAS has too little
    ///   address space, 66 if products need OpenBLAS and it cannot be loaded.
    package static func computing(
        threads: Int, cores: [Int] = [], remedy: String? = nil
    ) throws -> ThreadPool {
        if !MatrixProduct.usesOwnKernels { _ = try OpenBLAS.loaded.get() }
        return try ThreadPool(
            threadCount: threads, cores: cores,
            remedy: remedy ?? "use fewer than \(threads) threads")
    }
}
