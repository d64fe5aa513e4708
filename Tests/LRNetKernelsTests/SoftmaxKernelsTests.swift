import Foundation
import LRNetKernels
import LRNetTestSupport
import Testing

@Suite struct SoftmaxKernelsTests {
    @Test(arguments: [1, 2, 3, 10, 17, 1000], [1.0, 10, 200])
    func equalsTheNaiveCrossEntropy(classes: Int, spread: Double) {
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
        // Double until the last rounding.
        let tolerance = Tolerance(absolute: 1e-16, relative: 2 * Tolerance.unitRoundoff)
        #expect(distance(gradient.values, expected, tolerance) <= 1)
    }

    @Test func gradientIsTheDerivativeOfTheLoss() {
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

    @Test func hugeLogitsStayFinite() {
        let logits: [Float] = [3e38, -3e38, 0]
        let gradient = FloatView.unwritten(3)
        let result = SoftmaxKernels.crossEntropy(
            logits: logits.view, label: 1, gradient: gradient)
        #expect(result.loss == Double(Float(3e38)) * 2 && result.prediction == 0)
        #expect(gradient.values == [1, -1, 0])
    }

    @Test func firstOfEqualLogitsIsPredicted() {
        let result = SoftmaxKernels.crossEntropy(logits: [1, 4, 4, 2].view, label: 0)
        #expect(result.prediction == 1)
    }

    /// In place, as the loss may be called.
    @Test func gradientMayOverwriteLogits() {
        let logits = TestData.normal(13)
        let (apart, view) = (FloatView.unwritten(13), logits.view)
        _ = SoftmaxKernels.crossEntropy(logits: logits.view, label: 5, gradient: apart)
        _ = SoftmaxKernels.crossEntropy(logits: view, label: 5, gradient: view)
        #expect(view.values == apart.values)
    }

    @Test func aLabelThatIsNoClassTraps() async {
        await #expect(processExitsWith: .failure) {
            _ = SoftmaxKernels.crossEntropy(logits: FloatBuffer(count: 3).all, label: 3)
        }
    }
}
