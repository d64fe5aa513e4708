import LRNetKernels
import LRNetLayers
import LRNetTestSupport
import Testing

@Suite struct ScratchMemoryTests {
    @Test func `a gradient buffer is reused only after its view is released`() {
        let memory = ScratchMemory(workerCount: 1)
        func start(_ view: FloatView) -> ObjectIdentifier { ObjectIdentifier(view.buffer) }
        let first = memory.gradient(10)
        var second: FloatView? = memory.gradient(20)
        let taken = second.map(start)
        #expect(taken != start(first))
        #expect(memory.gradient(5).count == 5)
        second = nil
        let third = memory.gradient(15)
        #expect(start(third) == taken && third.count == 15)
        #expect(start(memory.gradient(15)) != start(third))
        withExtendedLifetime((first, third)) {}
    }

    @Test func `scratch memory has the size of the largest request`() {
        let memory = ScratchMemory(workerCount: 3)
        memory.need(weights: 5, scratch: 7)
        memory.need(weights: 3, scratch: 11)
        memory.allocate()
        #expect(memory.weights(5).count == 5)
        #expect((0..<3).map { memory.scratch($0).count } == [11, 11, 11])
    }
}
