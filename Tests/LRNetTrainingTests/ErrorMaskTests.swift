import Foundation
import LRNetTraining
import Testing

/// The images that a network misclassifies, and the comparison of two networks on the same images.
@Suite struct ErrorMaskTests {
    private func mask(_ count: Int, _ wrong: Int...) -> ErrorMask {
        var mask = ErrorMask(count: count)
        for image in wrong { mask[image] = true }
        return mask
    }

    @Test func `a mask stores bits in image order and refuses inconsistent encodings`() throws {
        var mask = mask(19, 0, 3, 8, 18)
        #expect(Array(mask.bits) == [0b0000_1001, 1, 0b100] && mask.errorCount == 4)
        mask[3] = false
        #expect(!mask[3] && mask[8] && mask.errorCount == 3)
        #expect(mask.disagreementCount(with: self.mask(19, 0, 4)) == 3)
        let again = try JSONDecoder().decode(ErrorMask.self, from: JSONEncoder().encode(mask))
        #expect(again == mask)
        for text in [#"{"count":40,"bits":""}"#, #"{"count":-9,"bits":""}"#] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(ErrorMask.self, from: Data(text.utf8))
            }
        }
    }

    /// Of 1,000 images, 9 are wrong only for the first network, 1 only for the second, 5 for both.
    @Test func `the standard error of one pair of runs is that of McNemar's test`() throws {
        var (a, b) = (ErrorMask(count: 1000), ErrorMask(count: 1000))
        for image in 0..<14 { a[image] = true }
        for image in 9..<15 { b[image] = true }
        let paired = try #require(PairedErrors([a], [b]))
        #expect(abs(paired.difference - 0.8) < 1e-12)
        let variance = (9.0 + 1 - 64.0 / 1000) / 1e6
        #expect(abs(paired.standardError - 100 * variance.squareRoot()) < 1e-12)
        let back = try #require(PairedErrors([b], [a]))
        #expect(abs(back.difference + 0.8) < 1e-12)
        #expect(abs(back.standardError - paired.standardError) < 1e-12)
    }

    /// The first term is computed from the mean over runs, the second from the runs' differences.
    @Test func `the spread between runs adds to the variance over images`() throws {
        let first = [mask(10, 0, 1, 2), mask(10, 0)]
        let second = [mask(10, 0), mask(10, 5)]
        let paired = try #require(PairedErrors(first, second))
        // By image: 1/2 of image 0, 1 and 2, -1/2 of image 5.
        let mean = (0.5 + 0.5 + 0.5 - 0.5) / 10
        let images = (4 * 0.25 - 10 * mean * mean) / 100
        let runs = ((0.2 - mean) * (0.2 - mean) + mean * mean) / 2
        #expect(abs(paired.difference - 100 * mean) < 1e-12)
        #expect(abs(paired.standardError - 100 * (images + runs).squareRoot()) < 1e-12)
        let same = try #require(PairedErrors(first, first))
        #expect(same.difference == 0 && same.standardError == 0)
    }

    @Test func `masks that cannot be paired yield no comparison`() {
        #expect(PairedErrors([], []) == nil)
        #expect(PairedErrors([mask(3)], []) == nil)
        #expect(PairedErrors([mask(3)], [mask(4)]) == nil)
        #expect(PairedErrors([ErrorMask(count: 0)], [ErrorMask(count: 0)]) == nil)
    }

    /// Two-sided normal quantiles of 5 %, 2.5 % and 0.5 %.
    @Test(arguments: [(1, 1.959964), (2, 2.241403), (10, 2.807034)])
    func `the limit of significance grows with the number of comparisons`(
        count: Int, expected: Double
    ) {
        #expect(abs(PairedErrors.limit(comparisons: count) - expected) < 1e-5)
    }
}
