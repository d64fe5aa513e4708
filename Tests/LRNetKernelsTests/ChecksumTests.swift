import LRNetKernels
import Testing

@Suite struct ChecksumTests {
    /// The formula, one lane after the other.
    private func naive(_ values: [Float]) -> UInt64 {
        (0..<16).map { lane in
            stride(from: 0, to: values.count, by: 16).reduce(UInt32(0)) { sum, first in
                let index = first + lane
                return sum &* 0x9E37_79B1
                    &+ (index < values.count ? values[index].bitPattern : 0)
            }
        }.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    @Test(arguments: [0, 1, 15, 16, 17, 64, 1000])
    func `it follows the formula at any length`(count: Int) {
        let values = (0..<count).map { Float($0 * 37 % 101) - 50.5 }
        #expect(Checksum.of(FloatBuffer(values).all) == naive(values))
    }

    @Test func `one bit of one value changes it, and so does the order`() {
        let values = (0..<100).map { 1 / Float($0 + 2) }
        let checksum = Checksum.of(FloatBuffer(values).all)
        for index in values.indices {
            for bit in [0, 13, 31] {
                var changed = values
                changed[index] = Float(bitPattern: values[index].bitPattern ^ 1 << UInt32(bit))
                #expect(Checksum.of(FloatBuffer(changed).all) != checksum)
            }
        }
        #expect(Checksum.of(FloatBuffer(values.reversed()).all) != checksum)
    }
}
