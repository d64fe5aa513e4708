internal import LRNetKernels

/// The check that the noise generator returns the numbers published by its authors.
enum NoiseCheck {
    /// A counter and a key from the digits of pi, and the resulting block.
    ///
    /// - Source: the known answers of Random123 (philox4x32, 10 rounds).
    private static let counter = SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344)
    private static let key = SIMD2<UInt32>(0xa409_3822, 0x299f_31d0)
    private static let answer = SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)

    static func run() -> Finding {
        let block = Philox.block(counter: counter, key: key)
        guard block == answer else {
            return .failure(
                "noise", "Philox returns \(block) instead of \(answer)",
                remedy: "this machine or build computes wrong numbers: rebuild, and do not train "
                    + "with it")
        }
        return .good("noise", "Philox4x32-10 returns the published numbers")
    }
}
