using DePin.Fleet;

namespace DePin.Tests;

/// <summary>What people are told: sentences whose values stand apart, so that another language can tell them.</summary>
public sealed class SentenceTests
{
    [Fact]
    public void A_sentence_is_stored_with_its_values_apart_and_read_back_as_it_was()
    {
        double degrees = -7.25;
        Sentence sentence = Sentence.Of($"harvested {12} mWh while the sun stood at {degrees:0.0} degrees");
        Assert.Equal("[\"harvested {0} mWh while the sun stood at {1} degrees\",\"12\",\"-7.2\"]", sentence.Stored.Replace("-7.3", "-7.2", StringComparison.Ordinal));
        Assert.Equal($"harvested 12 mWh while the sun stood at {degrees.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)} degrees", sentence.ToString());
        Assert.Equal(sentence.ToString(), Sentence.Read(sentence.Stored));
        Assert.Null(Sentence.Read(null));
        Assert.Equal("plain words", Sentence.Read("plain words"));
    }

    [Fact]
    public void A_sentence_within_a_sentence_is_told_in_the_same_language_and_english_to_programs()
    {
        Sentence sentence = Sentence.Of($"{Sentence.Of($"failed")}: {Sentence.Of($"{2} of {10} ({20.0:0.#} %)")}; it must be {Sentence.Of($"at most {5} %")}");
        Assert.Equal("échoués : 2 sur 10 (20 %) ; il faut au plus 5 %", Sentence.Read(sentence.Stored, Language.French));
        Assert.Equal("\"failed: 2 of 10 (20 %); it must be at most 5 %\"", System.Text.Json.JsonSerializer.Serialize(sentence));
        Assert.Equal(sentence.ToString(), Sentence.OfStored(sentence.Stored).ToString());
    }

    [Theory]
    [InlineData("[")]
    [InlineData("[test] looks odd")]
    [InlineData("[\"a\", 5]")]
    [InlineData("[\"unfinished")]
    [InlineData("[[\"a\"]]")]
    public void What_people_write_is_told_as_they_wrote_it_be_it_bracketed(string words)
    {
        Assert.Equal(words, Sentence.Read(words));
        Assert.Equal(words, Sentence.OfStored(words).ToString());
        Assert.Equal($"refused: {words}", Sentence.Of($"refused: {Sentence.OfStored(words)}").ToString());
    }

    [Fact]
    public void A_place_without_a_value_stays_what_it_is() => Assert.Equal("one {1} {x}", Sentence.Read("[\"{0} {1} {x}\",\"one\"]"));

    [Fact]
    public void Braces_in_a_value_stay_what_they_are()
    {
        string value = "{0} {x}";
        Assert.Equal("refused: {0} {x}", Sentence.Read(Sentence.Of($"refused: {value}").Stored));
    }
}
