using DePin.Fleet;
using DePin.Fleet.Care;

namespace DePin.Tests.Care;

/// <summary>Facts of tickets are stored in English and told in the language of whoever reads them.</summary>
public sealed class TicketFactsTests
{
    [Theory]
    [InlineData("nothing ever came", "rien n'est jamais arrivé")]
    [InlineData("the last batch came at 2026-03-01 10:00Z", "le dernier lot est arrivé à 2026-03-01 10:00Z")]
    [InlineData("it was full and dropped the readings 12 to 34", "elle était pleine et a perdu les relevés 12 à 34")]
    [InlineData("3 of 12 readings from sequence 25 on say so", "3 relevés sur 12 à partir du numéro 25 le disent")]
    [InlineData("2.1 Wh took 40 % of its charge: it holds 5.3 Wh of the 9.6 Wh it was built with", "2.1 Wh ont pris 40 % de sa charge : elle tient 5.3 Wh sur les 9.6 Wh d'origine")]
    [InlineData("somebody wrote {0} this", "somebody wrote {0} this")]
    public void A_sentence_of_the_watch_is_told_in_french_and_any_other_stays(string facts, string french)
    {
        Assert.Equal(french, TicketFacts.Read(facts, Language.French));
        Assert.Equal(facts, TicketFacts.Read(facts, Language.English));
    }
}
