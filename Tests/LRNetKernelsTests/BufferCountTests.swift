import LRNetKernels
import Testing

@Suite struct BufferCountTests {
    /// Other tests allocate at the same time, so only a lower bound holds.
    @Test func countsBothKinds() {
        let before = BufferCount.allocations
        let buffers = (FloatBuffer(count: 3), DoubleBuffer(count: 0), FloatBuffer([1, 2]))
        #expect(BufferCount.allocations >= before + 3)
        withExtendedLifetime(buffers) {}
    }
}
