using DePin.Fleet.Verification;

namespace DePin.Tests.Verification;

/// <summary>What people are told: sentences whose values stand apart, so that another language can tell them.</summary>
public sealed class FiguresTests
{
    [Fact]
    public void A_sentence_is_stored_with_its_values_apart_and_read_back_as_it_was()
    {
        double degrees = -7.25;
        Figures figures = Figures.Of($"harvested {12} mWh while the sun stood at {degrees:0.0} degrees");
        Assert.Equal("[\"harvested {0} mWh while the sun stood at {1} degrees\",\"12\",\"-7.2\"]", figures.Stored.Replace("-7.3", "-7.2", StringComparison.Ordinal));
        Assert.Equal($"harvested 12 mWh while the sun stood at {degrees.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)} degrees", figures.ToString());
        Assert.Equal(figures.ToString(), Figures.Read(figures.Stored));
        Assert.Null(Figures.Read(null));
        Assert.Equal("plain words", Figures.Read("plain words"));
    }

    [Fact]
    public void Braces_in_a_value_stay_what_they_are()
    {
        string value = "{0} {x}";
        Assert.Equal("refused: {0} {x}", Figures.Read(Figures.Of($"refused: {value}").Stored));
    }

    [Fact]
    public void Every_name_has_its_meaning_and_its_cure_in_the_resource_file() => Assert.All(Enum.GetValues<VerdictName>(), name =>
    {
        Assert.EndsWith(".", Cure.Of(name), StringComparison.Ordinal);
        Assert.EndsWith(".", Cure.Meaning(name), StringComparison.Ordinal);
    });
}
