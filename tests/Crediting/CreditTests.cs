using DePin.Fleet.Crediting;
using FsCheck;
using FsCheck.Fluent;

namespace DePin.Tests.Crediting;

public sealed class CreditTests
{
    private const long Largest = 4_000_000_000_000_000_000;

    private static readonly Tariff Demonstration = new(50_000_000, 36_000);

    [Fact]
    public void Parts_add_up_to_the_whole_always()
    {
        Gen<(long, int)> amounts = Gen.Choose(0, int.MaxValue).Two().SelectMany(
            halves => Gen.Choose(0, Agreement.Whole), (halves, share) => ((((long)halves.Item1 << 31) | (uint)halves.Item2) % Largest, share));
        Prop.ForAll(amounts.ToArbitrary(), pair =>
        {
            var shares = Shares.Of(pair.Item1, new Agreement(pair.Item2, Agreement.Whole - pair.Item2));
            return shares.OperatorMicro + shares.CapitalBuilderMicro + shares.ManagerMicro + shares.ReserveMicro == pair.Item1
                && shares.OperatorMicro >= 0 && shares.CapitalBuilderMicro >= 0 && shares.ReserveMicro is 0 or 1;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void The_demonstration_s_tariff_has_no_rounding()
    {
        Assert.Equal(50 * 1234L, Demonstration.ForEnergy(1234));
        Assert.Equal(10 * 271L, Demonstration.ForService(271));
        var settings = new CreditingSettings();
        Assert.Equal(Demonstration, settings.TariffFor(servesWifi: false));
        Assert.Equal(20 * 271L, settings.TariffFor(servesWifi: true).ForService(271));
    }

    [Fact]
    public void An_amount_is_rounded_down_once_and_what_division_leaves_goes_to_the_reserve()
    {
        Assert.Equal(33, new Tariff(33_333, 0).ForEnergy(1000));
        Assert.Equal(new Shares(23, 9, 0, 1), Shares.Of(33, new Agreement(7000, 3000)));
    }

    [Fact]
    public void The_largest_amounts_pass_through_128_bits()
    {
        Assert.Equal(1_000_000_000_000_000_000, new Tariff(1_000_000_000_000, 0).ForEnergy(1_000_000_000_000));
        Assert.Equal(new Shares(Largest / 10 * 7, Largest / 10 * 3, 0, 0), Shares.Of(Largest, new Agreement(7000, 3000)));
        Assert.Throws<OverflowException>(() => new Tariff(1_000_000_000_000, 0).ForEnergy(long.MaxValue));
    }

    [Fact]
    public void A_batch_is_cut_where_tariff_agreement_or_pairing_change_and_nowhere_else()
    {
        var cheaper = new Tariff(1_000_000, 0);
        IReadOnlyList<Terms> terms = Terms.Of(
            [new PairedTerm(100, 1000, "amina", "ngo-1", default), new PairedTerm(1000, long.MaxValue, "otieno", "ngo-1", default)],
            [new AgreementVersion(0, new Agreement(7000, 3000)), new AgreementVersion(700, new Agreement(5000, 5000))],
            [new TariffVersion(0, Demonstration), new TariffVersion(400, cheaper)]);
        Assert.Equal([100L, 400L, 700L, 1000L], terms.Select(part => part.FromUnixSeconds));
        Assert.Equal([400L, 700L, 1000L, long.MaxValue], terms.Select(part => part.ToUnixSeconds));
        Assert.Null(Terms.At(terms, 99));
        Assert.Equal(("amina", Demonstration), Terms.At(terms, 399) is { } before ? (before.Operator, before.Tariff) : default);

        // Readings that open at 100, 200, … 1300; the fourth is held and earns nothing.
        IReadOnlyList<Segment> segments = Credit.Of(
            [.. Enumerable.Range(0, 13).Where(i => i != 3).Select(i => new Earning(i, Terms.At(terms, 100 + 100 * i)!, 10, 100))]);

        Assert.Equal([(0, 2), (4, 5), (6, 8), (9, 12)], segments.Select(segment => (segment.Number, segment.LastReading)));
        Assert.Equal([30L * 50, 20, 30, 40], segments.Select(segment => segment.EnergyMicro));
        Assert.Equal([300L * 10, 0, 0, 0], segments.Select(segment => segment.ServiceMicro));
        Assert.Equal(["amina", "amina", "amina", "otieno"], segments.Select(segment => segment.Terms.Operator));
        Assert.Equal([7000, 7000, 5000, 5000], segments.Select(segment => segment.Terms.Agreement.OperatorBasisPoints));
    }

    [Fact]
    public void Segments_hold_all_energy_and_all_service_whatever_the_changes()
    {
        Gen<int[]> changes = Gen.Choose(0, 3000).ArrayOf();
        Prop.ForAll(changes.ToArbitrary(), cuts =>
        {
            AgreementVersion[] agreements = [new(0, new Agreement(7000, 3000)), .. cuts.Distinct().Where(cut => cut > 0).Order().Select(cut => new AgreementVersion(cut, new Agreement(cut, Agreement.Whole - cut)))];
            IReadOnlyList<Terms> terms = Terms.Of([new PairedTerm(0, long.MaxValue, "amina", "ngo-1", default)], agreements, [new TariffVersion(0, Demonstration)]);
            Earning[] earnings = [.. Enumerable.Range(0, 12).Select(i => new Earning(i, Terms.At(terms, 300 * i)!, 17 * i, 300))];
            IReadOnlyList<Segment> segments = Credit.Of(earnings);
            return segments.Sum(segment => segment.MilliwattHours) == earnings.Sum(earning => earning.MilliwattHours)
                && segments.Sum(segment => segment.ServedSeconds) == 3600
                && segments.Select(segment => segment.Number).Distinct().Count() == segments.Count;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }
}
