using System.Globalization;
using DePin.Fleet.Nodes;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Pairing;

/// <summary>What the page of a label shows of itself: nothing of any node.</summary>
/// <param name="IsSignedIn">Whether somebody is signed in.</param>
/// <param name="MayPair">Whether they may pair nodes.</param>
/// <param name="Token">Proves the form to be this page's.</param>
/// <param name="Said">What was wrong with what they sent, or null.</param>
/// <param name="Place">The site's name as sent.</param>
/// <param name="Latitude">Degrees north as sent.</param>
/// <param name="Longitude">Degrees east as sent.</param>
public sealed record LabelView(bool IsSignedIn, bool MayPair, AntiforgeryTokenSet? Token, string? Said, string Place = "", string Latitude = "", string Longitude = "");

/// <summary>How it stands with a proven label.</summary>
/// <param name="State">The state.</param>
/// <param name="Presses">How often to press, where it is challenged.</param>
/// <param name="IsAskedAgain">Whether the number is a new one after another.</param>
/// <param name="Heard">When the node was last heard, in words, where it is waited for.</param>
public sealed record StateView(PairState State, int Presses = 0, bool IsAskedAgain = false, string? Heard = null)
{
    /// <summary>Whether nothing follows by itself any more.</summary>
    public bool IsEnd => State is not (PairState.Waiting or PairState.Challenged);

    /// <summary>Whether the node is the operator's.</summary>
    public bool IsGood => State is PairState.Paired or PairState.Yours;

    /// <summary>How somebody's attempt goes.</summary>
    internal static StateView Of(Attempt attempt, NodePresence presence, long nowUnixMilliseconds) => new(
        attempt.State,
        attempt.Presses,
        attempt.Rounds > 1,
        presence.Find(attempt.Node.IdText) is { } standing ? PairWords.Of("Heard.Ago", Ago(nowUnixMilliseconds - standing.ChangedUnixMilliseconds)) : PairWords.Of("Heard.Never"));

    private static string Ago(long milliseconds) => Math.Max(0, milliseconds / 60_000) switch
    {
        < 2 => PairWords.Of("Ago.Now"),
        < 120 and var minutes => PairWords.Of("Ago.Minutes", minutes),
        < 2880 and var minutes => PairWords.Of("Ago.Hours", minutes / 60),
        var minutes => PairWords.Of("Ago.Days", minutes / 1440),
    };
}

/// <summary>A proven label's node, and how it goes.</summary>
/// <param name="Title">Heading.</param>
/// <param name="State">How it stands.</param>
/// <param name="Facts">Of the node, or null where whoever asks has no part in it.</param>
/// <param name="StatePath">Where the state is asked for.</param>
/// <param name="AskAnewPath">Where another number is asked for.</param>
/// <param name="Token">Proves forms to be this page's.</param>
public sealed record GoingView(string Title, StateView State, IReadOnlyList<(string Name, string Value)>? Facts, string StatePath, string AskAnewPath, AntiforgeryTokenSet? Token)
{
    /// <summary>What people see of a node before they have it.</summary>
    internal static IReadOnlyList<(string Name, string Value)> FactsOf(Attempt attempt)
    {
        ClaimableRow row = attempt.Claimable;
        Profile profile = Profile.ByNumber[(int)row.Profile];
        return
        [
            (PairWords.Of("Fact.Node"), attempt.Node.Id.ToReadable()),
            (PairWords.Of("Fact.Profile"), profile.Title),
            (PairWords.Of("Fact.Power"), PairWords.Of("Fact.PowerIs", profile.PanelMilliwatts / 1000.0, profile.OutputMilliwatts / 1000.0)),
            (PairWords.Of("Fact.Price"), PairWords.Of("Fact.PriceIs", row.UnitPriceUsdCents / 100.0, profile.PriceCeilingUsdCents / 100.0)),
            (PairWords.Of("Fact.Built"), row.BuiltBy),
            (PairWords.Of("Fact.Paid"), $"{row.Payer} ({row.Run})"),
            (PairWords.Of("Fact.Where"), $"{attempt.Site.Place}, {attempt.Site.Latitude.ToString("0.0000", CultureInfo.InvariantCulture)} {attempt.Site.Longitude.ToString("0.0000", CultureInfo.InvariantCulture)}"),
        ];
    }
}
