import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct SyntheticDigitsTests {
    @Test func `digits depend only on seed, split and position`() {
        let digits = SyntheticDigits(seed: testSeed)
        let whole = digits.images(.train, 0..<300)
        let start = digits.images(.train, 0..<101)
        let rest = digits.images(.train, 101..<300)
        #expect(whole.pixels == start.pixels + rest.pixels)
        #expect(whole.labels == start.labels + rest.labels)
        #expect(whole.pixels != digits.images(.test, 0..<300).pixels)
        #expect(whole.pixels != SyntheticDigits(seed: 1).images(.train, 0..<300).pixels)
        #expect(Set(whole.labels) == Set(0..<10))
        #expect(digits.images(.train, 5..<5).count == 0)
    }

    /// This implementation produced the fingerprint; other machines must draw the same images.
    @Test func `seed 1 produces the recorded fingerprint`() throws {
        let folder = try TestFolder()
        let index = try SyntheticDigits(seed: 1).write(
            output: "\(folder.path)/d", name: "d", counts: (200, 30, 40))
        #expect(
            index.fingerprint
                == "a0c42071e65aa32f23f7621dd7310b4dc45c137cf0235c9735f705bfedee2d0a")
    }

    /// With the multi-class hinge loss, the classifier makes at least 12 % errors, but far fewer
    /// than the 90 % of guessing.
    @Test func `a linear classifier learns the digits but makes many errors`() {
        let digits = SyntheticDigits(seed: 1)
        let train = digits.images(.train, 0..<6_000)
        let test = digits.images(.test, 0..<1_000)
        let size = train.shape.count
        var weights = [Float](repeating: 0, count: 10 * (size + 1))
        func logits(_ images: LabeledImages, _ number: Int) -> [Float] {
            (0..<10).map { digit in
                var sum = weights[digit * (size + 1) + size]
                for pixel in 0..<size {
                    sum +=
                        weights[digit * (size + 1) + pixel]
                        * Float(images.pixels[number * size + pixel])
                }
                return sum
            }
        }
        func best(_ values: [Float]) -> Int32 {
            Int32(values.indices.max { values[$0] < values[$1] } ?? 0)
        }
        for epoch in 0..<15 {
            let plan = EpochPlan(seed: testSeed, epoch: epoch, count: train.count)
            for position in 0..<train.count {
                let number = plan[position]
                let scores = logits(train, number)
                // The hinge loss pushes down classes within 1 of the right one.
                let target = Int(train.labels[number])
                for digit in 0..<10 where digit != target && scores[digit] + 1 > scores[target] {
                    let rate: Float = 1e-6
                    for pixel in 0..<size {
                        let value = rate * Float(train.pixels[number * size + pixel])
                        weights[digit * (size + 1) + pixel] -= value
                        weights[target * (size + 1) + pixel] += value
                    }
                }
            }
        }
        let errors = (0..<test.count).count { best(logits(test, $0)) != test.labels[$0] }
        let percent = Double(errors) / Double(test.count) * 100
        #expect((12...70).contains(percent), "\(percent) % errors")
    }
}
