/// Whether OpenBLAS uses the CPU that it runs on.
package enum BLASCoreCheck {
    /// - Parameter forced: The value of `OPENBLAS_CORETYPE`, if it is set.
    package static func finding(_ rank: RankEnvironment, forced: String?) -> Finding {
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
