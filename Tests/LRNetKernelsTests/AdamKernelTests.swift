import Foundation
import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct AdamKernelTests {
    @Test(arguments: TestData.counts, [0.0, 0.03])
    func `five steps of Adam equal the reference algorithm`(count: Int, decay: Double) {
        let adam = Reference.Adam(
            rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: decay)
        let start = TestData.normal(count, stream: 1)
        var w = start.doubles
        var (m, v) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        let parameter = start.view
        let (first, second) = (FloatBuffer(count: count).all, FloatBuffer(count: count).all)
        for time in 1...5 {
            let gradient = TestData.normal(count, stream: UInt32(10 + time))
            adam.update(&w, &m, &v, gradient: gradient.doubles, time: time)
            AdamKernel.update(
                parameter: parameter, gradient: gradient.view, firstMoment: first,
                secondMoment: second,
                step: AdamKernel.Step(
                    learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
                    correction1: Float(1 / (1 - pow(0.9, Double(time)))),
                    correction2: Float(1 / (1 - pow(0.999, Double(time)))), decay: Float(decay)))
        }
        // Weights are around 1. The Float32 difference 1 - beta2 has a relative error of 3e-5. The
        // second moment inherits it and its root halves it: 2e-5 of five steps of 0.01.
        #expect(distance(parameter.values, w, Tolerance(absolute: 2e-6, relative: 5e-7)) <= 1)
        #expect(distance(first.values, m, Tolerance(absolute: 1e-6, relative: 1e-5)) <= 1)
        #expect(distance(second.values, v, Tolerance(absolute: 1e-9, relative: 5e-5)) <= 1)
    }

    /// The position of epsilon determines the effect of probability decay: a gradient far below
    /// epsilon moves the weight by rate * gradient / epsilon.
    @Test func `epsilon is added after the square root of the second moment`() {
        let parameter = [Float](repeating: 5, count: 3).view
        let (first, second) = (FloatBuffer(count: 3).all, FloatBuffer(count: 3).all)
        AdamKernel.update(
            parameter: parameter, gradient: FloatBuffer(count: 3).all, firstMoment: first,
            secondMoment: second,
            step: AdamKernel.Step(
                learningRate: 1000, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
                correction1: 10, correction2: 1000, decay: 1e-11))
        let expected = 5 - 1000 * 5e-11 / (5e-11 + 1e-8)
        #expect(
            distance(parameter.values, [expected, expected, expected], .init(absolute: 1e-5)) <= 1)
    }
}
