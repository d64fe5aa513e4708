import LRNetKernels
import LRNetTestSupport
import Testing

@Suite struct FloatBufferTests {
    @Test(arguments: [0, 1, 17, 1000])
    func `new buffers are aligned and contain zeros`(count: Int) {
        let buffer = FloatBuffer(count: count)
        #expect(Int(bitPattern: buffer.base) % FloatBuffer.alignment == 0)
        #expect(buffer.all.values == [Float](repeating: 0, count: count))
        #expect(DoubleBuffer(count: count).prefix(count) == [Double](repeating: 0, count: count))
    }

    @Test func `writes through a view change its buffer`() {
        let buffer = FloatBuffer((0..<10).map(Float.init))
        let view = buffer[2..<8][1..<4]
        #expect(view.values == [3, 4, 5] && view.offset == 3 && view[2] == 5)
        view[0] = 30
        view[1..<3].copy(from: [40, 50])
        #expect(buffer.all.values == [0, 1, 2, 30, 40, 50, 6, 7, 8, 9])
        view.copy(from: buffer[7..<10])
        #expect(buffer[3] == 7 && buffer[5] == 9)
        view.fill(-1)
        #expect(buffer.all.values == [0, 1, 2, -1, -1, -1, 6, 7, 8, 9])
        buffer[9] = 90
        #expect(buffer.all[9] == 90)
    }

    @Test func `slices, indices and copies out of bounds trap`() async {
        await #expect(processExitsWith: .failure) { _ = FloatBuffer(count: 4)[2..<5] }
        await #expect(processExitsWith: .failure) { _ = FloatBuffer(count: 4)[0..<2][2] }
        await #expect(processExitsWith: .failure) {
            FloatBuffer(count: 4).all.copy(from: FloatBuffer(count: 3).all)
        }
    }
}
