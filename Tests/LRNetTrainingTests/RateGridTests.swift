import LRNetTraining
import Testing

@Suite struct RateGridTests {
    @Test func `a recipe's own rate is the only one by default`() {
        #expect(RateGrid.recipe.rates(around: 0.1) == [nil])
        #expect(!RateGrid.recipe.isNamed)
    }

    @Test func `rates are tried in ascending order, factors as multiples without rounding errors`()
    {
        #expect(RateGrid.rates([0.1, 0.01]).rates(around: 7) == [0.01, 0.1])
        #expect(RateGrid.factors([3, 0.3, 1]).rates(around: 0.1) == [0.03, 0.1, 0.3])
        #expect(RateGrid.factors([3]).rates(around: 0.001) == [0.003])
        #expect(RateGrid.factors([3]).isNamed && RateGrid.rates([1]).isNamed)
    }
}
