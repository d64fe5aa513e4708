internal import LRNetKernels

/// Whether OpenBLAS, where products are its, uses the CPU that it runs on.
package enum BLASCoreCheck {
    /// - Parameter isUsed: Whether this build's products are OpenBLAS's at all.
    package static func finding(
        _ rank: RankEnvironment, isUsed: Bool = !MatrixProduct.usesOwnKernels
    ) -> Finding {
        guard isUsed else {
            return .good(
                "BLAS core", "\(rank.host): \(rank.blasCore), not used: products are our own")
        }
        let forced = rank.forcedBLASCore
        let has = rank.processor.vectorLevel
        let how = forced == nil ? "chosen by itself" : "forced by OPENBLAS_CORETYPE"
        let text = "\(rank.host): kernels for \(rank.blasCore), \(how)"
        guard let uses = VectorLevel(blasCore: rank.blasCore), uses < has else {
            return .good("BLAS core", text)
        }
        let remedy: String
        if forced != nil {
            remedy =
                "unset OPENBLAS_CORETYPE on every machine and look again; a run that was started "
                + "with it repeats its bits only with it"
        } else {
            let better = has == .avx512 ? "SkylakeX" : has == .avx2 ? "Haswell" : "Sandybridge"
            remedy =
                "this OpenBLAS does not know the CPU: export OPENBLAS_CORETYPE=\(better) on every "
                + "machine, or install a newer libopenblas"
        }
        return .warning("BLAS core", "\(text): \(uses) where the CPU has \(has)", remedy: remedy)
    }
}
