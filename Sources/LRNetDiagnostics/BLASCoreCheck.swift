internal import LRNetKernels

/// The check that OpenBLAS, if this build uses it for products, has kernels for the CPU.
package enum BLASCoreCheck {
    /// - Parameter isUsed: True if this build uses OpenBLAS for products.
    package static func finding(
        _ rank: RankEnvironment, isUsed: Bool = !MatrixProduct.usesOwnKernels
    ) -> Finding {
        guard isUsed else {
            return .good(
                "BLAS core",
                "\(rank.host): \(rank.blasCore), not used: this build has its own products")
        }
        let forced = rank.forcedBLASCore
        let available = rank.processor.vectorLevel
        let origin = forced == nil ? "chosen automatically" : "forced by OPENBLAS_CORETYPE"
        let text = "\(rank.host): kernels for \(rank.blasCore), \(origin)"
        guard let used = VectorLevel(blasCore: rank.blasCore), used < available else {
            return .good("BLAS core", text)
        }
        let remedy: String
        if forced != nil {
            remedy =
                "unset OPENBLAS_CORETYPE on every machine and run doctor again; a run that was "
                + "started with it repeats bit for bit only with it"
        } else {
            let better =
                available == .avx512 ? "SkylakeX" : available == .avx2 ? "Haswell" : "Sandybridge"
            remedy =
                "this OpenBLAS does not recognize the CPU: export OPENBLAS_CORETYPE=\(better) on "
                + "every machine, or install a newer libopenblas"
        }
        return .warning(
            "BLAS core", "\(text): \(used) although the CPU has \(available)", remedy: remedy)
    }
}
