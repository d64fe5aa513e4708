internal import LRNetKernels

/// Whether the noise generator gives the numbers that its authors published.
enum NoiseCheck {
    /// Counter and key from the digits of pi, and the block that belongs to them.
    ///
    /// - Source: the known answers of Random123 (philox4x32, 10 rounds).
    private static let counter = SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344)
    private static let key = SIMD2<UInt32>(0xa409_3822, 0x299f_31d0)
    private static let answer = SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)

    static func run() -> Finding {
        let block = Philox.block(counter: counter, key: key)
        guard block == answer else {
            return .failure(
                "noise", "Philox gives \(block) where \(answer) is known",
                remedy: "this machine or build computes wrongly: build again; do not train with it")
        }
        return .good("noise", "Philox4x32-10 gives the published numbers")
    }
}
