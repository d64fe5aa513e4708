import LRNetKernels
import Testing

@Suite struct BufferCountTests {
    /// Other tests allocate at the same time, so the test checks only a lower bound.
    @Test func `every float and double buffer counts as an allocation`() {
        let before = BufferCount.allocations
        let buffers = (FloatBuffer(count: 3), DoubleBuffer(count: 0), FloatBuffer([1, 2]))
        #expect(BufferCount.allocations >= before + 3)
        withExtendedLifetime(buffers) {}
    }
}
