import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct PhiloxTests {
    /// The known answers in Random123 for `philox4x32 10`.
    static let knownAnswers: [(counter: [UInt32], key: [UInt32], words: [UInt32])] = [
        (
            [0, 0, 0, 0], [0, 0],
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        ),
        (
            Array(repeating: 0xffff_ffff, count: 4), Array(repeating: 0xffff_ffff, count: 2),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        ),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        ),
    ]

    @Test(arguments: 0..<3) func `blocks equal Random123's known answers`(index: Int) {
        let answer = Self.knownAnswers[index]
        let counter = SIMD4(answer.counter)
        let words = Philox.block(counter: counter, key: SIMD2(answer.key))
        #expect(words == SIMD4(answer.words))
        #expect(Reference.philox(counter: counter, key: SIMD2(answer.key)) == SIMD4(answer.words))
    }

    @Test func `a noise key fills Philox's counter and key as documented`() {
        let key = NoiseKey(
            seed: 0x0123_4567_89ab_cdef, purpose: .dropout, step: 0xdead_beef, layer: 0x8765,
            index: 0x4321_0fed)
        for element in [0, 1, 2, 3, 4, 7, 1 << 20, (1 << 34) - 1] {
            let words = Philox.block(
                counter: SIMD4(UInt32(element / 4), 0x4321_0fed, 0xdead_beef, 0x0002_8765),
                key: SIMD2(0x89ab_cdef, 0x0123_4567))
            #expect(key.bits(element) == words[element % 4])
            #expect(key.uniform(element) == (Double(words[element % 4]) + 0.5) / 0x1p32)
        }
    }

    @Test func `the purposes of noise keep the numbers 1 to 9`() {
        let purposes: [NoiseKey.Purpose] = [
            .preActivation, .dropout, .initialization, .shuffle, .evaluationWeights,
            .trainingWeights, .synthesis, .test, .augmentation,
        ]
        #expect(purposes.map(\.rawValue) == Array(1...9))
    }

    @Test func `different noise keys never share a block`() {
        var seen: Set<[UInt32]> = []
        var count = 0
        for purpose in [NoiseKey.Purpose.preActivation, .dropout, .test] {
            for seed: UInt64 in [0, 1, 1 << 32, 1 << 33 | 1] {
                for step: UInt32 in [0, 1, 65536] {
                    for layer: UInt16 in [0, 1, 256] {
                        for index: UInt32 in [0, 1, 2, 1 << 16, 1 << 31] {
                            let key = NoiseKey(
                                seed: seed, purpose: purpose, step: step, layer: layer,
                                index: index)
                            for block in 0..<3 {
                                seen.insert((0..<4).map { key.bits(4 * block + $0) })
                                count += 1
                            }
                        }
                    }
                }
            }
        }
        #expect(count == 3 * 4 * 3 * 3 * 5 * 3)
        #expect(seen.count == count)
    }

    @Test func `changing a key's index keeps its other fields`() {
        let key = NoiseKey(seed: 5, purpose: .test, step: 6, layer: 7, index: 8)
        let expected = NoiseKey(seed: 5, purpose: .test, step: 6, layer: 7, index: 9)
        #expect(key.with(index: 9) == expected)
    }

    /// Chi-squared with 6 degrees of freedom exceeds 27.9 with probability 1e-4.
    @Test func `keyed integers below a bound are uniform`() {
        let key = NoiseKey(seed: TestData.seed, purpose: .test, step: 3)
        var counts = [Int](repeating: 0, count: 7)
        for i in 0..<70_000 { counts[key.integer(i, below: 7)] += 1 }
        let chiSquared = counts.reduce(0.0) { $0 + (Double($1) - 10_000) * (Double($1) - 10_000) }
        #expect(chiSquared / 10_000 < 27.9, "\(counts)")
        #expect(key.integer(9, below: 1) == 0)
        // The value is floor(bits * bound / 2^32).
        for i in 0..<100 {
            let exact = (UInt64(key.bits(i)) * 1_000_003) >> 32
            #expect(key.integer(i, below: 1_000_003) == Int(exact))
        }
    }
}
