@echo off
rem Installs from this folder, without a network, and opens the lessons. With words: start.bat check lessons\01-what-a-model-does.ipynb
rem cd cannot enter a folder of a server (\\server\...); pushd gives it a letter.
pushd "%~dp0" || goto failed
if exist .venv\installed goto start
if exist .venv rmdir /s /q .venv
py -{python} -m venv .venv 2>nul || python -m venv .venv || goto failed
.venv\Scripts\python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels "neosantara-magic[lessons]" jupyterlab || goto failed
rem Only a whole installation is not done again.
type nul > .venv\installed
:start
if not defined NEOSANTARA_DEMO set NEOSANTARA_DEMO=1
if "%~1"=="" goto lab
.venv\Scripts\python -m neosantara_magic.cli %*
goto end
:lab
cd lessons
..\.venv\Scripts\python -m jupyterlab || goto failed
:end
popd
exit /b
:failed
echo.
echo README.txt says what this needs.  /  README.txt menyebut apa yang diperlukan.
pause
exit /b 1
