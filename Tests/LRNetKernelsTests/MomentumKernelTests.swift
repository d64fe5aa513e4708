import LRNetKernels
import LRNetTestSupport
import Testing

@Suite struct MomentumKernelTests {
    @Test(arguments: TestData.counts, [(0.9, 0.0), (0, 0.01), (0.5, 0.1)])
    func `three steps with momentum and decay equal the naive formula`(
        count: Int, constants: (momentum: Double, decay: Double)
    ) {
        let start = TestData.normal(count)
        let (parameter, velocity) = (start.view, FloatBuffer(count: count).all)
        var (w, v) = (start.doubles, start.doubles.map { _ in 0.0 })
        for step in 0..<3 {
            let gradient = TestData.normal(count, stream: UInt32(step + 1))
            MomentumKernel.update(
                parameter: parameter, gradient: gradient.view, velocity: velocity,
                learningRate: 0.125, momentum: Float(constants.momentum),
                decay: Float(constants.decay))
            for i in 0..<count {
                v[i] =
                    constants.momentum * v[i] + Double(gradient[i]) + constants.decay * w[i]
                w[i] -= 0.125 * v[i]
            }
        }
        let tolerance = Tolerance(absolute: 2e-6, relative: 1e-6)
        #expect(distance(parameter.values, w, tolerance) <= 1)
        #expect(distance(velocity.values, v, tolerance) <= 1)
    }
}
