import Foundation
import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct SoftmaxKernelsTests {
    @Test(arguments: [1, 2, 3, 10, 17, 1000], [1.0, 10, 200])
    func `loss, prediction and gradient equal the naive cross-entropy`(
        classes: Int, spread: Double
    ) {
        let logits = TestData.uniform(classes, in: -spread...spread)
        let label = classes / 2
        let gradient = FloatView.unwritten(classes)
        let result = SoftmaxKernels.crossEntropy(
            logits: logits.view, label: label, gradientScale: 0.125, gradient: gradient)
        let reference = Reference.logSoftmax(logits.doubles)
        #expect(abs(result.loss + reference[label]) < 1e-12 * (1 + abs(reference[label])))
        let largest = logits.max()
        #expect(result.prediction == logits.firstIndex { $0 == largest })
        let expected = reference.enumerated().map { c, value in
            0.125 * (exp(value) - (c == label ? 1 : 0))
        }
        // The kernel computes in Double until the last rounding.
        let tolerance = Tolerance(absolute: 1e-16, relative: 2 * Tolerance.unitRoundoff)
        #expect(distance(gradient.values, expected, tolerance) <= 1)
    }

    @Test func `the gradient is the derivative of the loss`() {
        let logits = TestData.normal(7)
        let gradient = FloatView.unwritten(7)
        _ = SoftmaxKernels.crossEntropy(logits: logits.view, label: 3, gradient: gradient)
        let slopes = (0..<7).map { i in
            centralDifference(at: Double(logits[i]), step: 1e-5) { value in
                var moved = logits.doubles
                moved[i] = value
                return -Reference.logSoftmax(moved)[3]
            }
        }
        #expect(distance(gradient.values, slopes, Tolerance(absolute: 1e-7)) <= 1)
    }

    @Test func `huge logits yield finite losses and gradients`() {
        let logits: [Float] = [3e38, -3e38, 0]
        let gradient = FloatView.unwritten(3)
        let result = SoftmaxKernels.crossEntropy(
            logits: logits.view, label: 1, gradient: gradient)
        #expect(result.loss == Double(Float(3e38)) * 2 && result.prediction == 0)
        #expect(gradient.values == [1, -1, 0])
    }

    @Test func `the first of equal logits is predicted`() {
        let result = SoftmaxKernels.crossEntropy(logits: [1, 4, 4, 2].view, label: 0)
        #expect(result.prediction == 1)
    }

    /// Equal logits are in the order of their classes.
    @Test func `a label's position is its rank in a stable sort`() {
        let logits: [Float] = [1, 4, 4, 2, -3, 1, 1, 9, -.infinity]
        let sorted = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
        for label in logits.indices {
            let result = SoftmaxKernels.crossEntropy(logits: logits.view, label: label)
            #expect(result.labelPosition == sorted.firstIndex(of: label))
            #expect((result.labelPosition == 0) == (result.prediction == label))
        }
        // A label whose logit is NaN is last.
        for bad in [[Float.nan, 1, 2], [1, .nan, .nan]] {
            let result = SoftmaxKernels.crossEntropy(logits: bad.view, label: bad[0].isNaN ? 0 : 1)
            #expect(result.labelPosition == 2)
        }
    }

    @Test func `ensembles average the softmax outputs of their members`() {
        let members = (0..<3).map { TestData.uniform(7, in: -4...4, stream: UInt32($0)) }
        let sum = FloatBuffer(count: 7).all
        sum.fill(-.infinity)
        for logits in members {
            SoftmaxKernels.addLogProbabilities(ofLogits: logits.view, to: sum)
        }
        for label in 0..<7 {
            let outputs = members.map { exp(Reference.logSoftmax($0.doubles)[label]) }
            let mean = outputs.reduce(0, +) / 3
            let result = SoftmaxKernels.crossEntropy(logits: sum, label: label)
            #expect(abs(result.loss + log(mean)) < 1e-5)
        }
        // An almost impossible class keeps its loss, even below Float32's smallest probability.
        let sure = FloatBuffer(count: 2).all
        sure.fill(-.infinity)
        for logits in [[Float(0), 200], [0, 300]] {
            SoftmaxKernels.addLogProbabilities(ofLogits: logits.view, to: sure)
        }
        let result = SoftmaxKernels.crossEntropy(logits: sure, label: 0)
        #expect(abs(result.loss - (200 + log(2))) < 1e-3)
    }

    /// The loss can be called in place.
    @Test func `the gradient can overwrite the logits`() {
        let logits = TestData.normal(13)
        let (apart, view) = (FloatView.unwritten(13), logits.view)
        _ = SoftmaxKernels.crossEntropy(logits: logits.view, label: 5, gradient: apart)
        _ = SoftmaxKernels.crossEntropy(logits: view, label: 5, gradient: view)
        #expect(view.values == apart.values)
    }

    @Test func `a label outside the classes traps`() async {
        await #expect(processExitsWith: .failure) {
            _ = SoftmaxKernels.crossEntropy(logits: FloatBuffer(count: 3).all, label: 3)
        }
    }
}
