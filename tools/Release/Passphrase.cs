using System.Text;

namespace DePin.Tools.Release;

/// <summary>The passphrase of a key file: the first line of a file, or typed without being shown.</summary>
internal static class Passphrase
{
    /// <summary>Characters of a new passphrase, at least.</summary>
    public const int Least = 12;

    private const int MaxBytes = 4096;

    /// <summary>The passphrase of a key that is there.</summary>
    public static string Read(string? file, string key) => file is null ? Ask($"Passphrase of {key}: ") : FromFile(file);

    /// <summary>The passphrase of a new key; typed twice.</summary>
    public static string Choose(string? file, string key)
    {
        string chosen = file is null ? Ask($"New passphrase of {key}: ") : FromFile(file);
        if (chosen.Length < Least)
        {
            throw CommandException.WrongInput($"A passphrase has at least {Least} characters. No key was made.");
        }

        return file is not null || Ask("The same again: ") == chosen ? chosen : throw CommandException.WrongInput("The two passphrases differ. No key was made.");
    }

    private static string FromFile(string file)
    {
        string first = Encoding.UTF8.GetString(BundleFile.Bounded(file, MaxBytes, "a passphrase file")).Split('\n')[0].TrimEnd('\r');
        return first.Length > 0 ? first : throw CommandException.WrongInput($"The first line of {file} is empty; it has to be the passphrase.");
    }

    private static string Ask(string question)
    {
        if (Console.IsInputRedirected)
        {
            throw CommandException.WrongInput("Nobody is there to type the passphrase; name a file with it by --passphrase-file.");
        }

        Console.Error.Write(question);
        var typed = new StringBuilder();
        for (ConsoleKeyInfo next = Console.ReadKey(intercept: true); next.Key != ConsoleKey.Enter; next = Console.ReadKey(intercept: true))
        {
            if (next.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (next.KeyChar != '\0')
            {
                typed.Append(next.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }
}
