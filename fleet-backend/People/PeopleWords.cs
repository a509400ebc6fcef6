namespace DePin.Fleet.People;

/// <summary>The words of the doors, the account page and the people page: PeopleWords.resx.</summary>
internal static class PeopleWords
{
    private static readonly Words Words = new("DePin.Fleet.People.PeopleWords");

    /// <summary>The words of this name.</summary>
    public static string Of(string name) => Words.Of(name);

    /// <summary>The words of this name with figures or names in their places.</summary>
    public static string Of(string name, params object?[] values) => Words.Of(name, values);

    /// <summary>Roles, one after the other.</summary>
    public static string Of(Roles roles) => string.Join(", ", RoleNames.List(roles).Select(role => Words.Of($"Role.{role}")));

    /// <summary>The words of this name as HTML: what stands in the places is encoded too.</summary>
    public static string Html(string name, params object?[] values) => PageShell.Encode(Words.Of(name, values));
}
