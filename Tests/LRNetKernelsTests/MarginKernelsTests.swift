import Foundation
import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct MarginKernelsTests {
    private static func hinge(_ z: [Double], _ label: Int) -> Double {
        z.enumerated().reduce(0.0) { sum, item in
            let gap = max(0, 1 - (item.offset == label ? item.element : -item.element))
            return sum + gap * gap
        } / Double(z.count)
    }

    private static func probit(_ z: [Double], _ label: Int) -> Double {
        -z.enumerated().reduce(0.0) { sum, item in
            let x = item.offset == label ? item.element : -item.element
            return sum + log(Reference.normalDistribution(x))
        }
    }

    @Test(arguments: [1, 2, 7, 10])
    func `losses equal their formulas and gradients equal their slopes`(classes: Int) {
        let logits = TestData.uniform(classes, in: -3...3)
        for label in 0..<classes {
            for (isHinge, formula) in [(true, Self.hinge), (false, Self.probit)] {
                let gradient = FloatView.unwritten(classes)
                let kernel = isHinge ? MarginKernels.squaredHinge : MarginKernels.probit
                let result = kernel(logits.view, label, 0.5, gradient)
                #expect(abs(result.loss - formula(logits.doubles, label)) < 1e-9)
                #expect(logits[result.prediction] == logits.max())
                for c in 0..<classes {
                    let slope = centralDifference(at: 0, step: 1e-5) { t in
                        var moved = logits.doubles
                        moved[c] += t
                        return formula(moved, label)
                    }
                    #expect(abs(Double(gradient[c]) - 0.5 * slope) < 2e-5)
                }
            }
        }
    }

    /// Far from the border, Phi is 0 in Double. The loss grows like z^2 / 2, its slope like z.
    @Test func `the probit loss keeps its slope far on the wrong side`() {
        let gradient = FloatView.unwritten(2)
        for z in [-8.5, -40, -3_000] as [Float] {
            let result = MarginKernels.probit(
                logits: [z, -9].view, label: 0, gradientScale: 1, gradient: gradient)
            let x = Double(z)
            let expected = x * x / 2 + 0.5 * log(2 * Double.pi) + log(-x)
            #expect(abs(result.loss - expected) < 0.02)
            #expect(abs(Double(gradient[0]) - x) < 0.13 && gradient[1] >= 0)
        }
        let near = [-7.99, -8.01].map { z in
            MarginKernels.probit(logits: [Float(z)].view, label: 0).loss
        }
        #expect(abs(near[1] - near[0] - 0.02 * 8.12) < 1e-3)
    }
}
