import LRNetKernels
import LRNetTraining
import Testing

@Suite struct PackedWeightsTests {
    @Test(arguments: [1, 3, 4, 5, 64, 1001])
    func `packed weights keep their values and count changed ones`(count: Int) {
        let old = (0..<count).map { Float(($0 * 7) % 3) - 1 }
        var new = old
        for index in stride(from: 0, to: count, by: 3) { new[index] = -old[index] }
        let (packed, other) = (
            PackedWeights(FloatBuffer(old).all), PackedWeights(FloatBuffer(new).all)
        )
        #expect(packed.values == old && packed.bytes.count == (count + 3) / 4)
        #expect(PackedWeights(bytes: packed.bytes, count: count) == packed)
        #expect(PackedWeights(bytes: packed.bytes + [0], count: count) == nil)
        #expect(packed.changeCount(to: other) == zip(old, new).count { $0 != $1 })
        #expect(packed.changeCount(to: packed) == 0)
    }

    @Test func `a change between any two values counts once`() {
        let values: [Float] = [-1, 0, 1]
        for a in values {
            for b in values {
                let (x, y) = (
                    PackedWeights(FloatBuffer([a]).all), PackedWeights(FloatBuffer([b]).all)
                )
                #expect(x.changeCount(to: y) == (a == b ? 0 : 1))
            }
        }
    }
}
